# SPDX-License-Identifier: GPL-2.0-only
"""One night under way: what it takes over, runs, remembers and leaves."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.edge.night_files import Begun, NightJournal
from orchestrator.model import rundir as names
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.night import Attempt, CellKey, Night
from orchestrator.model.night_run import CellResult, NightEvent, NightResult, Spent, settled
from orchestrator.model.progress import Note, short_time
from orchestrator.model.verdict import Finding, Verdict
from orchestrator.plan.night import work
from orchestrator.plan.night_schedule import Board
from orchestrator.report.document import read_document
from orchestrator.report.night_json import night_json
from orchestrator.workflow.clock import Clock, now
from orchestrator.workflow.night_crew import Crew, Hands, Tried
from orchestrator.workflow.night_memory import Memory
from orchestrator.workflow.night_prepare import NightJob, Prepared

_NO_RESULT = (Verdict.INFRASTRUCTURE, Verdict.INCOMPLETE)  # of such a cell more may be learnt


@dataclass
class Course:
    """began_s: when the command did, by time.monotonic(). keys: of cells, in the journal."""

    job: NightJob
    found: Prepared
    memory: Memory
    journal: NightJournal | None
    begun: Begun
    clock: Clock
    hands: Hands
    progress: Callable[[NightEvent], None]
    began_s: float
    keys: dict[CellKey, str] = field(default_factory=dict)
    crew: type[Crew] = Crew

    def run(self) -> NightResult:
        """To its end. Ctrl-C, and whatever else stops it, passes on after all is written down."""
        earlier, partly = self._earlier()
        queue = [cell for cell in self.found.order if cell not in earlier]
        if earlier or partly:
            since = short_time(_seconds(self.begun.started_at))
            done = f"{len(earlier)} of {len(self.found.order)} cells are finished"
            self.clock(Note(f"going on with the night of {since}: {done}"))
        limits = self.found.limits
        if limits.budget_s is not None:  # reading trees and patches is a part of the night
            spent_s = time.monotonic() - self.began_s
            limits = replace(limits, budget_s=max(0.0, limits.budget_s - spent_s))
        self.memory.begin(self._night())
        board, times = Board(queue), self.found.times
        crew = self.crew(self.hands, board, limits, times, self.progress, self._on_end)
        crew.finished, crew.total = len(earlier), len(self.found.order)
        crew.tries.update(partly)
        try:
            crew.run()
        except BaseException:
            done = f"{crew.finished} of {crew.total} cells are finished"
            self.clock(Note(f"interrupted, {done}; the same command goes on from here"))
            told = self._result(earlier, crew, interrupted=True)
            with contextlib.suppress(OSError, OrchestrateError):  # what stopped it is worth more
                self._leave(told)
            raise
        result = self._result(earlier, crew, interrupted=False)
        self._leave(result)
        return result

    def _night(self, not_run: Sequence[CellKey] = (), ended_at: str = "") -> Night:
        return Night(
            id=self.begun.id,
            matrix=self.job.matrix.name,
            started_at=self.begun.started_at,
            ended_at=ended_at,
            cells=tuple(self.found.facts),  # as the matrix has them, whatever the order tonight
            not_run=tuple(not_run),
        )

    def _earlier(self) -> tuple[dict[CellKey, CellResult], dict[CellKey, list[Tried]]]:
        """(cells this night finished before it was interrupted, attempts at those that were to be
        tried once more), of which nothing has changed since."""
        done: dict[CellKey, CellResult] = {}
        partly: dict[CellKey, list[Tried]] = {}
        if not self.journal:
            return done, partly
        self.keys = {cell: self.found.inputs.key(cell) for cell in self.found.order}
        for cell, key in self.keys.items():
            ended = self.journal.ended.get(key)
            tries = _kept(ended.attempts) if ended else []
            if ended and tries and ended.finished:
                began = short_time(_seconds(tries[0].attempt.started_at))
                done[cell] = replace(_summed(cell, tries), from_run=began)
            elif tries:
                partly[cell] = tries
        return done, partly

    def _on_end(self, cell: CellKey, tries: Sequence[Tried], finished: bool) -> None:
        self.memory.note(tries[-1].attempt)
        key = self.keys.get(cell)
        if self.journal and key:
            self.journal.end(key, tuple(tried.attempt for tried in tries), finished)

    def _result(
        self, earlier: dict[CellKey, CellResult], crew: Crew, interrupted: bool
    ) -> NightResult:
        wall_s = time.monotonic() - self.began_s
        order = self.found.order
        results = {**earlier, **{cell: _summed(cell, tries) for cell, tries in crew.tries.items()}}
        not_run = [cell for cell in order if cell not in results]
        work_s, ideal_s = crew.spent
        return NightResult(
            night=self._night(not_run, "" if interrupted else now()),
            command=self.job.command,
            folder=self.begun.folder,
            tier=self.job.tier,
            budget_s=self.job.budget_s,
            results=tuple(results[cell] for cell in order if cell in results),
            planned=self.found.planned(),
            spent=Spent(round(wall_s, 3), crew.limits.slots, round(work_s, 3), round(ideal_s, 3)),
            kernels=len(work(order).kernels),
            notes=tuple(self.clock.notes),
            interrupted=interrupted,
        )

    def _leave(self, result: NightResult) -> None:
        self.memory.end(result.night)
        rundir.write(Path(self.begun.folder), names.NIGHT, night_json(result))


def _summed(cell: CellKey, tries: Sequence[Tried]) -> CellResult:
    """Its findings are those of the attempt that decides."""
    attempts = tuple(tried.attempt for tried in tries)
    verdict = settled(tuple(attempt.verdict for attempt in attempts))
    decides = next(tried for tried in tries if tried.attempt.verdict is verdict)
    return CellResult(cell, attempts, decides.findings)


def _kept(attempts: Sequence[Attempt]) -> list[Tried]:
    """What an interrupted night knew of a cell; [] if it is no result, or not there any more."""
    if any(attempt.verdict in _NO_RESULT for attempt in attempts):
        return []
    tries = []
    for attempt in attempts:
        findings = _findings(attempt)
        if findings is None:
            return []
        tries.append(Tried(attempt, findings))
    return tries


def _seconds(iso: str) -> float:
    return datetime.datetime.fromisoformat(iso).timestamp()


def _findings(attempt: Attempt) -> tuple[Finding, ...] | None:
    try:
        run = read_document((Path(attempt.run_dir) / names.RUN).read_text())
    except (OSError, ValueError):
        return None
    return run.findings if run.verdict is attempt.verdict else None
