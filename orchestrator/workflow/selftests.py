# SPDX-License-Identifier: GPL-2.0-only
"""A boot of kselftest's programs: which there are, what their kernel has to have, and how they
get into the guest."""

from __future__ import annotations

import math
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from orchestrator.config.fragments import lost, read_dotconfig
from orchestrator.config.selftests import SelftestFiles, chosen, own_options, with_options
from orchestrator.edge.added import folder_entries, placed
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.kconfig_why import unmet
from orchestrator.edge.selftest_tree import selftests_of, source_key
from orchestrator.edge.selftests import LIST, build_selftests, require
from orchestrator.edge.shared_libraries import needed_by
from orchestrator.edge.store import Store
from orchestrator.model import rundir as names
from orchestrator.model.job import BuiltKernel, Selftests, Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress
from orchestrator.plan import cpio
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.patches import prepare
from orchestrator.workflow.ready import build_ready

TOP = "kselftest"  # where they lie in the guest
BELOW = "job/add"  # as --add
# The tree's limits are for hardware. A guest of usual speed under TCG is slower by about as much.
TCG_SLOWER = 4
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def make_ready(
    job: BootJob,
    tree: Tree,
    mails: tuple[PatchMail, ...],
    store: Store,
    run_dir: Path,
    progress: Progress,
) -> tuple[BootJob, Ready]:
    """(the job with what the targets ask for, all that its boot needs). Raises as make_ready() of
    workflow.ready; UsageError before anything is built if the tree lacks a target."""
    require()
    log = run_dir / names.BUILD_LOG
    patches = prepare(mails, tree, run_dir, progress, tree_dir=job.tree, store=store)
    targets = chosen(job.kselftest, selftests_of(tree, patches, store, log, progress))
    config, odd = with_options(job.config, targets)
    for line in odd:
        progress(Note(line))
    job = replace(job, config=config)
    ready = build_ready(job, tree, mails, patches, store, run_dir, progress, any_config=True)
    for line in _asked_and_got(job, ready.kernel):
        progress(Note(line))
    made = _built(job, targets, ready, source_key(tree, patches), store, log, progress)
    slower = TCG_SLOWER if ready.machine.name == "tcg" else 1
    planned = tuple(_limited(target, job.kselftest_s, slower) for target, _ in made)
    entries = placed("--kselftest", _entries(made), BELOW, job.topology.mem_mib)
    job = replace(job, added=(*job.added, *entries))
    return job, replace(ready, selftests=planned)


def _asked_and_got(job: BootJob, kernel: BuiltKernel) -> Iterator[str]:
    """What became of the options that only the targets ask for."""
    asked = own_options(job.config)
    strict = replace(job.config, options=tuple(replace(one, optional=False) for one in asked))
    missing = lost(strict, read_dotconfig(kernel.config.read_text()))
    if asked:
        yield f"the selftests' own fragments: {len(asked) - len(missing)} of {len(asked)} options"
    if not missing:
        return
    with tempfile.TemporaryDirectory() as scratch:
        why = dict(
            unmet(kernel.src, OBJ, [one.name for one in missing], kernel.toolchain, Path(scratch))
        )
    for one in missing:
        place = f"{one.file}:{one.line}"
        yield f"{one.name}={one.value} ({place}) did not survive into .config: {why[one.name]}"


def _built(
    job: BootJob,
    targets: dict[str, SelftestFiles],
    ready: Ready,
    sources: str,
    store: Store,
    log: Path,
    progress: Progress,
) -> list[tuple[Selftests, Path]]:
    return [
        build_selftests(name, files, ready.kernel, sources, store, log, progress, job.jobs)
        for name, files in targets.items()
    ]


def _limited(target: Selftests, limit_s: float, slower: int) -> Selftests:
    """limit_s: what the user gives each test; 0: what the tree does, so many times as long."""
    return replace(target, limit_s=math.ceil(limit_s) or target.limit_s * slower)


def _entries(made: Sequence[tuple[Selftests, Path]]) -> Iterator[cpio.Entry]:
    """Members of the guest's archive: all targets in one folder, with what their programs need."""
    lists, programs = [], []
    for _, install in made:
        for entry in folder_entries(install, TOP):
            if entry.path != f"{TOP}/{LIST}":
                yield entry
        lists.append((install / LIST).read_text(errors="replace"))
        programs += [path for path in install.rglob("*") if path.is_file()]
    yield cpio.file(f"{TOP}/{LIST}", "".join(lists).encode())
    for name, path in needed_by(programs).items():
        mode = stat.S_IFREG | 0o644
        yield cpio.Entry(f"{LIBRARIES}/{name}", mode, path.resolve().read_bytes())
