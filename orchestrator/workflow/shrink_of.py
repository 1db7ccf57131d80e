# SPDX-License-Identifier: GPL-2.0-only
"""A run read back, as what a shrink begins with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from orchestrator.config.fragments import BASE, shipped
from orchestrator.config.patch_spec import PatchFile
from orchestrator.config.source_spec import parse_source_spec
from orchestrator.edge.kernel_tree import verified_release
from orchestrator.edge.patch_input import read_patches
from orchestrator.edge.store import Store
from orchestrator.judge.shrink import choose, failures, named_cases, named_suites, target_of
from orchestrator.model import rundir as names
from orchestrator.model.arch import DEFAULT
from orchestrator.model.document import RunDocument
from orchestrator.model.errors import OrchestrateError, UsageError
from orchestrator.model.job import RunResult, Tree
from orchestrator.model.progress import Progress
from orchestrator.model.shrink import Setup, Target
from orchestrator.model.verdict import Verdict
from orchestrator.plan.deadlines import Deadlines
from orchestrator.plan.shrink_moves import named
from orchestrator.plan.shrink_order import Cases
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.shrink_run import Sources

_NO_FAILURE = "orchestrate shrink takes a run that failed"


class Failed(Struct, frozen=True):
    """A run that failed: what it was, and what may be enough to see it fail."""

    run_dir: Path
    document: RunDocument
    target: Target
    start: Setup
    cases: Cases
    suites: tuple[str, ...]


def failed_run(
    result: RunResult, document: RunDocument, finding: str, fragments: tuple[str, ...]
) -> Failed:
    """What is looked for in a run that was judged again: its first finding, or the one with this
    signature, or this text in its title.

    UsageError if it did not fail, or not on a machine. fragments: of its configuration.
    """
    run = shlex.quote(str(result.run_dir))
    if result.verdict is Verdict.PASS:
        hint = f"orchestrate why {run} says what green rests on; {_NO_FAILURE}"
        raise UsageError("this run passed: there is nothing to shrink", hint)
    if result.plan is None:
        raise UsageError(
            f"this run never booted ({result.verdict.value}): no machine to shrink",
            f"orchestrate why {run} says what happened",
        )
    if result.plan.session or result.plan.kunit:
        what = "selftests" if result.plan.selftests else "a COMMAND"
        what = "the kernel's own suites" if result.plan.kunit else what
        raise UsageError(
            f"this run was of {what}: orchestrate shrink takes those of the project's suites",
            f"orchestrate why {run} says what decided",
        )
    found = failures(result)
    if not found:
        raise UsageError(
            f"this run is {result.verdict.value}: it says nothing of the kernel",
            f"orchestrate why {run} says why; {_NO_FAILURE}",
        )
    chosen = choose(found, finding)
    if chosen is None:
        shown = "; ".join(f"{each.signature or '-'} {each.title}" for each in found[:6])
        raise UsageError(f"no finding of this run is {finding!r}", f"there are: {shown}")
    target = target_of(chosen)
    plan = result.plan
    start = Setup(plan.suites, named(plan.topology), fragments, plan.case)
    cases, suites = named_cases(chosen, result), named_suites(chosen, result)
    return Failed(result.run_dir, document, target, start, cases, suites)


def sources_of(failed: Failed, store: Store, progress: Progress) -> Sources:
    """Tree and patches of the run. UsageError if they are there no longer."""
    run, command = failed.document, shlex.join(failed.document.command)
    key = dict(run.keys).get("tree", "")
    trees = store.folder("trees")
    if key not in {entry.name for entry in trees.iterdir()}:
        raise UsageError(
            f"the sources of that run ({run.tree}) are in the store no longer",
            f"run it again: {command}",
        )
    tree = Tree(trees / key, key, verified_release(trees / key, run.tree), run.tree)
    files = tuple(sorted((failed.run_dir / names.PATCHES).glob("*.patch")))
    if len(files) != len(run.patches):
        raise UsageError(
            f"that run had {len(run.patches)} patches, and {len(files)} of them are in "
            f"{failed.run_dir / names.PATCHES}",
            f"run it again: {command}",
        )
    mails = [
        mail
        for file in files
        for mail in read_patches(PatchFile(file), None, store, progress).patches
    ]
    return Sources(tree, files, tuple(mails))


def boot_words(failed: Failed, job: BootJob, smallest: Setup, topology: Path) -> Iterator[str]:
    """The command that boots the smallest setup as the shrink did."""
    yield from ("orchestrate", "boot", *(("--cold",) if job.cold else ()))
    yield from ("--config", ",".join(map(_found, smallest.config)) or BASE)
    if job.config.llvm:
        yield from ("--llvm", job.config.llvm)
    yield from _tree_words(failed)
    for file in sorted((failed.run_dir / names.PATCHES).glob("*.patch")):
        yield from ("--patch", str(file))
    for folder in job.kmods:
        yield from ("--kmod", str(folder.resolve()))
    if job.config.arch != DEFAULT:
        yield from ("--arch", job.config.arch)
    if job.accel != "auto":
        yield from ("--accel", job.accel)
    if job.deadlines.step_s != Deadlines().step_s:
        yield from ("--timeout", f"{job.deadlines.step_s:g}")
    yield from ("--topology", str(topology))
    if smallest.case:
        yield from ("--case", f"{smallest.suites[0]}.{smallest.case}")
        return
    for suite in smallest.suites:
        yield from ("--suite", suite)


def _tree_words(failed: Failed) -> Iterator[str]:
    """By what the run calls its tree."""
    origin = failed.document.tree
    if origin.startswith("/"):
        yield from ("--tree", origin.partition(" (")[0])
        return
    try:
        parse_source_spec(origin)
    except OrchestrateError:
        return
    yield from ("--source", origin)


def _found(fragment: str) -> str:
    """A fragment as --config takes it in any folder."""
    return fragment if fragment in shipped() else str(Path(fragment).resolve())
