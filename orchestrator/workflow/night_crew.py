# SPDX-License-Identifier: GPL-2.0-only
"""Runs what plan/night_schedule.py says, on this machine: boots in threads, builds in this one.

make is started by the main thread, which Ctrl-C interrupts; machines are started by threads that
live until they are gone, and are told to end by an Event. Where the main thread holds the lock, or
waits for it, Ctrl-C waits until it does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Condition, Event, Thread
from typing import Protocol, TypeVar

from msgspec import Struct

from orchestrator.edge import interrupts
from orchestrator.model.errors import InfrastructureError, OrchestrateError
from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.night_run import CellEnded, CellStarted, KernelName, NightEvent, kernel_of
from orchestrator.model.verdict import Finding, Verdict
from orchestrator.plan.night_schedule import Board, Limits, about_left_s, ideal_s, next_step
from orchestrator.plan.night_times import Expected

# Tried once more: does it fail again? What does not build or apply will not build or apply again.
AGAIN = (
    Verdict.FAIL,
    Verdict.HANG,
    Verdict.CRASH,
    Verdict.INCOMPLETE,
    Verdict.INFRASTRUCTURE,
)
TRIES = 2
_LOOK_S = 0.25  # Ctrl-C waits so long at most; nothing else does: who changes the board says so
_Step = TypeVar("_Step", CellKey, KernelName)


class Tried(Struct, frozen=True):
    """One attempt and what it found."""

    attempt: Attempt
    findings: tuple[Finding, ...]


class Hands(Protocol):
    """What builds and boots."""

    def build(self, kernel: KernelName) -> None:
        """Make it ready. Raises OrchestrateError if it cannot be; called by one thread."""

    def boot(self, cell: CellKey, number: int, stop: Event) -> Tried:
        """One run of a cell whose kernel is ready. stop: set from another thread, ends it."""

    def unbuilt(self, cell: CellKey, number: int, error: OrchestrateError, took_s: float) -> Tried:
        """The attempt at a cell whose kernel cannot be had."""


@dataclass
class Crew:
    """One night's work. tries: of each cell that was begun, in order; those of a cell that was to
    be tried once more when the night was interrupted are there from the start.

    on_end: told the attempts at a cell so far whenever one ended, and whether that was the last;
    under a lock, by any thread.
    """

    hands: Hands
    board: Board
    limits: Limits
    times: Expected
    sink: Callable[[NightEvent], None]
    on_end: Callable[[CellKey, Sequence[Tried], bool], None]
    tries: dict[CellKey, list[Tried]] = field(default_factory=dict)
    builds_s: dict[KernelName, float] = field(default_factory=dict)
    boots_s: dict[CellKey, list[float]] = field(default_factory=dict)
    broken: set[KernelName] = field(default_factory=set)
    finished: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        self.order = tuple(self.board.queue)
        self.total = self.total or len(self.order)
        self._changed = Condition()
        self._stop = Event()
        self._failed: BaseException | None = None
        self._over = False
        self._began_s = time.monotonic()

    def run(self) -> None:
        """To the end of the queue or of the budget. Ctrl-C and what fails in a thread pass
        through, with nothing left running."""
        count = min(self.limits.slots, max(1, len(self.board.queue)))
        threads = [Thread(target=self._boots, name=f"vm-{n}") for n in range(count)]
        try:
            with interrupts.held():
                for thread in threads:
                    thread.start()
            self._builds()
        except BaseException:
            self._stop.set()
            raise
        finally:
            with interrupts.held():
                with self._changed:
                    self._over = True
                    self._changed.notify_all()
                for thread in filter(Thread.is_alive, threads):
                    thread.join()
        if self._failed:
            raise self._failed

    def _builds(self) -> None:
        while True:
            with interrupts.held() as heard, self._changed:
                kernel = self._wait_for(KernelName, heard)
                if kernel is not None:
                    self.board.begin_build(kernel)
                    self._changed.notify_all()
            if kernel is None:
                return
            self._build(kernel)

    def _build(self, kernel: KernelName) -> None:
        began_s = time.monotonic()
        error: OrchestrateError | None = None
        for _ in range(TRIES):
            try:
                self.hands.build(kernel)
                error = None
            except OrchestrateError as broken:
                error = broken
            if not isinstance(error, InfrastructureError):
                break
        took_s = time.monotonic() - began_s
        with interrupts.held(), self._changed:
            self.builds_s[kernel] = took_s
            self.board.end_build(kernel, ready=error is None)
            if error and not self._stop.is_set():  # else it was ended by us, and says nothing
                self._drop(kernel, error, took_s)
            self._changed.notify_all()

    def _drop(self, kernel: KernelName, error: OrchestrateError, took_s: float) -> None:
        """No cell of it can be booted."""
        self.broken.add(kernel)
        mine = [cell for cell in self.board.queue if kernel_of(cell) == kernel]
        for cell in mine:
            self.board.queue.remove(cell)
            self._note(cell, self.hands.unbuilt(cell, 1, error, took_s), again=False)
            took_s = 0.0  # the build was the first one's

    @property
    def spent(self) -> tuple[float, float]:
        """(seconds that all builds and boots took together, seconds they would have taken on this
        night's slots if nothing else had cost time)."""
        boots = {cell: sum(self.boots_s.get(cell, ())) for cell in self.order if cell in self.tries}
        builds = dict.fromkeys(map(kernel_of, boots), 0.0) | self.builds_s
        took = Expected(boots, builds)
        ideal = ideal_s(tuple(boots), self.limits, took, self.broken)
        return sum(boots.values()) + sum(builds.values()), ideal

    def _boots(self) -> None:
        try:
            for cell, number in self._cells():
                began_s = time.monotonic()
                self.sink(CellStarted(cell, number))
                tried = self.hands.boot(cell, number, self._stop)
                self._end(cell, number, tried, time.monotonic() - began_s)
        except BaseException as error:
            with self._changed:
                self._failed = self._failed or error
                self._stop.set()
                self._over = True
                self._changed.notify_all()

    def _cells(self) -> Iterator[tuple[CellKey, int]]:
        while True:
            with self._changed:
                cell = self._wait_for(CellKey)
                if cell is None:
                    return
                self.board.queue.remove(cell)
                self.board.running.append(cell)
                self._changed.notify_all()
                number = len(self.tries.get(cell, ())) + 1
            yield cell, number

    def _end(self, cell: CellKey, number: int, tried: Tried, took_s: float) -> None:
        with self._changed:
            self.board.running.remove(cell)
            if not self._stop.is_set():  # else it was ended by us, and says nothing
                self.boots_s.setdefault(cell, []).append(took_s)
                again = number < TRIES and tried.attempt.verdict in AGAIN
                if again:
                    self.board.queue.insert(0, cell)
                self._note(cell, tried, again)
            self._changed.notify_all()

    def _note(self, cell: CellKey, tried: Tried, again: bool) -> None:
        self.tries.setdefault(cell, []).append(tried)
        self.finished += not again
        self.on_end(cell, self.tries[cell], not again)
        spent_s = time.monotonic() - self._began_s
        left_s = about_left_s(self.board, self.limits, self.times, spent_s)
        self.sink(CellEnded(tried.attempt, again, self.finished, self.total, left_s))

    def _wait_for(self, kind: type[_Step], heard: interrupts.Heard | None = None) -> _Step | None:
        """The next step of this kind; None: there will be none, or a signal was heard. Under the
        lock."""
        while not self._over and not (heard and heard.seen):
            spent_s = time.monotonic() - self._began_s
            step = next_step(self.board, self.limits, self.times, spent_s)
            if isinstance(step, kind):
                return step
            if step is None and not self.board.busy:
                self._over = True
                self._changed.notify_all()
                break
            self._changed.wait(_LOOK_S)
        return None
