# SPDX-License-Identifier: GPL-2.0-only
"""The runs of both sides of a comparison: machines side by side, and what each showed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from msgspec import Struct

from orchestrator.edge import coverage, rundir
from orchestrator.edge.memory import QEMU_MIB, available_mib
from orchestrator.edge.store import Store
from orchestrator.judge.compare.observe import observe
from orchestrator.model import rundir as names
from orchestrator.model.compare import LineCounts, Observation
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import RunResult, Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import silent
from orchestrator.model.verdict import Verdict
from orchestrator.parse.gcov import add, parse_gcov
from orchestrator.report.document import to_json
from orchestrator.workflow.after_boot import save
from orchestrator.workflow.boot import blank
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.boot_ready import boot_ready

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


@dataclass
class Runs:
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
def runs_of(sides: Sides) -> Iterator[Runs]:
    """Leaving it early, by an error or Ctrl-C, ends the machines that still run."""
    stop = Event()
    pool = ThreadPoolExecutor(_slots(sides), thread_name_prefix="vm")
    try:
        yield Runs(sides, pool, stop)
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
