# SPDX-License-Identifier: GPL-2.0-only
"""One configuration on one topology: both kernels built, booted in pairs, and contrasted.

The first run of base begins while the patched kernel is still being built, then both run side by
side, in turn: what the host does to the one, it does to the other. What differs between runs of
base is noise. Pairs go on until the answer is clear.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import fingerprint, noise
from orchestrator.judge.compare import differ
from orchestrator.judge.compare.differ import (
    SOFT_PAIRS,
    Contrast,
    contrast,
    digest,
    only_soft,
    settled,
)
from orchestrator.judge.compare.durations import SLOW_PAIRS, shifts
from orchestrator.judge.compare.slow import slower
from orchestrator.model.compare import HARD, Cell, Difference, Shift
from orchestrator.model.errors import BuildBroken
from orchestrator.model.job import RunResult
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Progress, StageDone, StageProgress, StageStarted
from orchestrator.model.verdict import Verdict
from orchestrator.parse.gcov import add
from orchestrator.workflow.boot_job import Ready
from orchestrator.workflow.compare_sides import Runs, Sides, runs_of
from orchestrator.workflow.inspect_build import new_warnings, patch_coverage
from orchestrator.workflow.ready import make_ready


def compare_cell(
    sides: Sides, min_pairs: int, max_pairs: int, progress: Progress
) -> tuple[Cell, Ready, Ready]:
    """(what was found, base as built, head as built).

    Raises PatchBroken and BuildBroken for head, InfrastructureError if runs keep failing us.
    """
    try:
        base = _ready(sides, "base", (), progress)
    except BuildBroken as error:
        error.message = f"base, without the patch: {error.message}"
        raise
    with runs_of(sides) as runs:
        first = runs.start(base, "base")
        head = _ready(sides, "head", sides.mails, progress, base)
        found, stage = _pairs(runs, base, head, first, min_pairs, max_pairs, progress)
    progress(StageDone("runs", stage, detail=f"{len(runs.base)} of base, {len(runs.head)} of head"))
    return _cell(sides, runs, base, head, found), base, head


def _ready(
    sides: Sides,
    side: str,
    mails: tuple[PatchMail, ...],
    progress: Progress,
    sibling: Ready | None = None,
) -> Ready:
    folder = sides.folder / side
    folder.mkdir(parents=True)
    return make_ready(sides.job, sides.tree, mails, sides.store, folder, progress, sibling)


def _pairs(
    runs: Runs,
    base: Ready,
    head: Ready,
    first: Future[RunResult],
    min_pairs: int,
    max_pairs: int,
    progress: Progress,
) -> tuple[Contrast, float]:
    """Pair after pair until enough is known; (what differs, seconds it took)."""
    began_s = time.monotonic()
    progress(StageStarted("runs", f"base and head side by side, {min_pairs} to {max_pairs} pairs"))
    name = _name(runs.sides, base)
    before = noise.earlier(runs.sides.store, name)
    waiting = [(runs.start(head, "head"), runs.start(base, "base")) for _ in range(min_pairs)]
    runs.finish(base, "base", first)
    for pair in range(1, max_pairs + 1):
        if not waiting:
            waiting.append((runs.start(head, "head"), runs.start(base, "base")))
        head_run, base_run = waiting.pop(0)
        runs.finish(head, "head", head_run)
        runs.finish(base, "base", base_run)
        found = contrast(runs.base, runs.head, before)
        progress(StageProgress("runs", pair, max(pair, min_pairs), "pairs"))
        if _enough(found, runs, pair, min_pairs):
            break
    runs.stop.set()  # those that nobody waits for any more
    whole = [digest(run) for run in runs.base if run.whole]
    noise.remember(runs.sides.store, name, whole)
    return settled(found, len(runs.head)), time.monotonic() - began_s


def _name(sides: Sides, base: Ready) -> str:
    """Of the memory of base's noise: all that a run of base depends on."""
    job = sides.job
    # What is observed, and how it is written down: remembered by other rules, it would all vary.
    rules = sorted(Path(differ.__file__).parent.glob("*.py"))
    return fingerprint.digest(
        *map(fingerprint.file_digest, rules),
        base.kernel.key,
        base.module.key,
        base.machine.name,
        job.tcg_thread,
        repr(job.topology),
        repr(job.suites),
        str(job.timeout_ms),
        str(job.patience_ms),
    )


def _enough(found: Contrast, runs: Runs, pair: int, min_pairs: int) -> bool:
    """What two runs of base never do, a crash, a leak, a failed test, needs no second look; else
    there must be min_pairs, and more if all that differs is of the kind noise looks like, or is
    speed alone."""
    if any(each.kind in HARD for each in found.differences):
        return True
    if pair < min_pairs:
        return False
    if only_soft(found):
        return pair >= SOFT_PAIRS
    return bool(found.differences) or pair >= SLOW_PAIRS or not _slow(runs)


def _cell(sides: Sides, runs: Runs, base: Ready, head: Ready, found: Contrast) -> Cell:
    slow = _slow(runs)
    if len(runs.head) < SLOW_PAIRS:  # of which nothing can be said yet
        found, slow = replace(found, hints=(*found.hints, *slow)), ()
    counts = add(runs.counts)
    differences = (*found.differences, *slow, *new_warnings(base.kernel, head.kernel))
    return Cell(
        config=sides.job.config.label,
        topology=sides.job.topology.name,
        base_runs=len(runs.base),
        head_runs=len(runs.head),
        facts=found.facts,
        varying=len(found.varying),
        proven=_proven(runs, found),
        differences=differences,
        hints=found.hints,
        shifts=_shifts(runs),
        coverage=patch_coverage(base.kernel, head.kernel, sides.c_files, counts),
        notes=tuple(_notes(runs)),
    )


def _proven(runs: Runs, found: Contrast) -> bool:
    """Could a difference have been seen? All runs went to their end, and said the same; and no
    question is left open: what every run of head shows, after too few runs to be sure of it."""
    if any(hint.seen_in == hint.of_head for hint in found.hints):
        return False
    whole = all(run.whole for run in (*runs.base, *runs.head))
    said = {run.verdict for run in runs.base}
    return whole and bool(runs.head) and {run.verdict for run in runs.head} <= said


def _notes(runs: Runs) -> Iterator[str]:
    if any(not run.whole for run in runs.base):
        yield "base itself does not run to its end: its own faults are not compared"
    elif any(run.verdict is not Verdict.PASS for run in runs.base):
        yield f"base itself is not green ({runs.base[0].verdict.value}): only what is new counts"
    if runs.retries:
        yield f"{runs.retries} runs had to be repeated: the machine failed, not the kernel"


def _shifts(runs: Runs) -> tuple[Shift, ...]:
    return shifts(runs.base[1:], runs.head)  # the first of base had no run beside it


def _slow(runs: Runs) -> tuple[Difference, ...]:
    return slower(_shifts(runs), runs.base, runs.head)
