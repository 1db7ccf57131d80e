# SPDX-License-Identifier: GPL-2.0-only
"""One configuration on one topology: both kernels built, booted in pairs, and contrasted.

The first run of base begins while the patched kernel is still being built, then both run side by
side, in turn: what the host does to the one, it does to the other. What differs between runs of
base is noise. Pairs go on until the answer is clear.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.edge import coverage, fingerprint, noise, rundir
from orchestrator.edge.memory import QEMU_MIB, available_mib
from orchestrator.edge.store import Store
from orchestrator.judge.compare import differ
from orchestrator.judge.compare.differ import (
    SOFT_PAIRS,
    Contrast,
    contrast,
    digest,
    only_soft,
    settled,
)
from orchestrator.judge.compare.durations import SLOW_PAIRS, shifts, slow_cases
from orchestrator.judge.compare.observe import observe
from orchestrator.model import rundir as names
from orchestrator.model.compare import HARD, Cell, Difference, Kind, LineCounts, Observation, Shift
from orchestrator.model.errors import BuildBroken, InfrastructureError
from orchestrator.model.job import RunResult, Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Progress, StageDone, StageProgress, StageStarted, silent
from orchestrator.model.verdict import Verdict
from orchestrator.parse.gcov import add, parse_gcov
from orchestrator.report.document import to_json
from orchestrator.workflow.after_boot import save
from orchestrator.workflow.boot import blank
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.boot_ready import boot_ready
from orchestrator.workflow.inspect_build import new_warnings, patch_coverage
from orchestrator.workflow.ready import make_ready

RETRIES = 2  # runs whose machine failed us, not the kernel


class Sides(Struct, frozen=True):
    """What is compared. folder: for this cell's runs; root: of the whole comparison."""

    job: BootJob
    tree: Tree
    mails: tuple[PatchMail, ...]
    c_files: tuple[str, ...]
    store: Store
    folder: Path
    root: Path


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
    with _runs(sides) as runs:
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


@dataclass
class _Runs:
    """Starts runs in threads, and keeps what they showed in the order they were started."""

    sides: Sides
    pool: ThreadPoolExecutor
    stop: Event
    base: list[Observation] = field(default_factory=list)
    head: list[Observation] = field(default_factory=list)
    counts: list[LineCounts] = field(default_factory=list)
    started: dict[str, int] = field(default_factory=lambda: {"base": 0, "head": 0})
    retries: int = 0

    def start(self, ready: Ready, side: str) -> Future[RunResult]:
        self.started[side] += 1
        folder = self.sides.folder / f"{side}-{self.started[side]}"
        folder.mkdir()
        return self.pool.submit(_run, self.sides, ready, folder, self.stop)

    def finish(self, ready: Ready, side: str, run: Future[RunResult]) -> None:
        """Wait for it, and for another in its place if the machine failed us."""
        result = run.result()
        while _failed_us(result, side):
            self.retries += 1
            if self.retries > RETRIES:
                why = result.findings[0].title if result.findings else "no evidence"
                raise InfrastructureError(f"runs keep failing: {why}", "orchestrate doctor")
            result = self.start(ready, side).result()
        name = str(result.run_dir.relative_to(self.sides.root))
        assert result.evidence
        (self.base if side == "base" else self.head).append(observe(result, name))
        if side == "head" and result.evidence.guest.coverage_bytes:
            reports = coverage.gcov_reports(result.run_dir, ready.kernel)
            counts = add(parse_gcov(text) for text in reports)
            rundir.write(result.run_dir, names.LINES, to_json(counts))
            self.counts.append(counts)


def _failed_us(result: RunResult, side: str) -> bool:
    """Did host or machine fail, so that this run says nothing of the kernel?

    A CPU or a node that is missing in the patched kernel alone is the patch's doing: the same
    machine shows base all of them.
    """
    if result.evidence is None:
        return True
    ours = [each for each in result.findings if each.verdict is Verdict.INFRASTRUCTURE]
    if side == "head":
        ours = [each for each in ours if each.check != "guest-view"]
    return bool(ours)


@contextlib.contextmanager
def _runs(sides: Sides) -> Iterator[_Runs]:
    """Leaving it early, by an error or Ctrl-C, ends the machines that still run."""
    stop = Event()
    pool = ThreadPoolExecutor(_slots(sides), thread_name_prefix="vm")
    try:
        yield _Runs(sides, pool, stop)
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _slots(sides: Sides) -> int:
    """Machines at a time: one of each side, as far as cores and memory go."""
    fitting = available_mib() // (sides.job.topology.most_mem_mib + QEMU_MIB)
    return max(1, min(2, os.cpu_count() or 1, fitting))


def _run(sides: Sides, ready: Ready, folder: Path, stop: Event) -> RunResult:
    result = boot_ready(sides.job, ready, silent, blank(sides.job, folder), stop)
    save(result)
    return result


def _pairs(
    runs: _Runs,
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


def _enough(found: Contrast, runs: _Runs, pair: int, min_pairs: int) -> bool:
    """What two runs of base never do, a crash, a leak, a failed test, needs no second look; else
    there must be min_pairs, and more if all that differs is of the kind noise looks like, or is
    speed alone."""
    if any(each.kind in HARD for each in found.differences):
        return True
    if pair < min_pairs:
        return False
    if only_soft(found):
        return pair >= SOFT_PAIRS
    return bool(found.differences) or pair >= SLOW_PAIRS or not _slow(_shifts(runs), runs)


def _cell(sides: Sides, runs: _Runs, base: Ready, head: Ready, found: Contrast) -> Cell:
    rows = _shifts(runs)
    slow = _slow(rows, runs)
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
        shifts=rows,
        coverage=patch_coverage(base.kernel, head.kernel, sides.c_files, counts),
        notes=tuple(_notes(runs)),
    )


def _proven(runs: _Runs, found: Contrast) -> bool:
    """Could a difference have been seen? All runs went to their end, and said the same; and no
    question is left open: what every run of head shows, after too few runs to be sure of it."""
    if any(hint.seen_in == hint.of_head for hint in found.hints):
        return False
    whole = all(run.whole for run in (*runs.base, *runs.head))
    said = {run.verdict for run in runs.base}
    return whole and bool(runs.head) and {run.verdict for run in runs.head} <= said


def _notes(runs: _Runs) -> Iterator[str]:
    if any(not run.whole for run in runs.base):
        yield "base itself does not run to its end: its own faults are not compared"
    elif any(run.verdict is not Verdict.PASS for run in runs.base):
        yield f"base itself is not green ({runs.base[0].verdict.value}): only what is new counts"
    if runs.retries:
        yield f"{runs.retries} runs had to be repeated: the machine failed, not the kernel"


def _shifts(runs: _Runs) -> tuple[Shift, ...]:
    return shifts(runs.base[1:], runs.head)  # the first of base had no run beside it


def _slow(rows: tuple[Shift, ...], runs: _Runs) -> tuple[Difference, ...]:
    return (*_slow_rows(rows, runs), *_slow_cases(runs))


def _slow_rows(rows: tuple[Shift, ...], runs: _Runs) -> Iterator[Difference]:
    for row in rows:
        if row.slower:
            yield Difference(
                kind=Kind.SLOW,
                where="",
                title=f"creating a {row.what} takes {row.ratio:.1f} times as long",
                base=f"{row.base_us:.0f} µs",
                head=f"{row.head_us:.0f} µs (95 % interval of the ratio "
                f"{row.low:.1f} to {row.high:.1f}, p = {row.p:.1g})",
                seen_in=len(runs.head),
                of_head=len(runs.head),
                of_base=len(runs.base),
            )


def _slow_cases(runs: _Runs) -> Iterator[Difference]:
    for case, slowest, fastest in slow_cases(runs.base, runs.head):
        yield Difference(
            kind=Kind.SLOW,
            where=case,
            title="takes longer",
            base=f"at most {slowest:.3f} s",
            head=f"at least {fastest:.3f} s",
            seen_in=len(runs.head),
            of_head=len(runs.head),
            of_base=len(runs.base),
        )
