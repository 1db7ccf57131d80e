# SPDX-License-Identifier: GPL-2.0-only
"""What next? One rule, by which a night is run, and forecast without running it.

Cells are taken in their order: the first whose kernel is there is booted, the first whose kernel
is not is a reason to build it. Builds never run beside each other on one machine, and count as
a run: make takes all cores. What would not end within the budget is not begun. How many cells wait
hardly matters (plan/night_index.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Mapping, MutableSequence, MutableSet, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_index import Index
from orchestrator.plan.night_queue import Kernels, Queue
from orchestrator.plan.night_times import Expected


class Limits(Struct, frozen=True):
    """slots: runs at a time. mem_mib: for all machines together, of which each takes what
    machine_mib says. budget_s: for the night; None: as long as it takes. alone: a machine that is
    too large is tried all the same where no other runs. builds: at a time, one for each host that
    builds."""

    slots: int
    mem_mib: int
    machine_mib: Callable[[CellKey], int]
    budget_s: float | None = None
    alone: bool = True
    builds: int = 1


_T = TypeVar("_T")


def _as(kind: Callable[[Any], _T], given: Any) -> _T:
    return given if isinstance(given, kind) else kind(given)  # type: ignore[arg-type]


@dataclass
class Board:
    """Where a night stands. queue: cells not begun, each once, in order. ready: kernels that are
    built. building: those that are being built. held: kernels that are not built, and not to be
    built here or now: their cells wait."""

    queue: MutableSequence[CellKey]
    ready: MutableSet[KernelName] = field(default_factory=set)
    running: list[CellKey] = field(default_factory=list)
    building: list[KernelName] = field(default_factory=list)
    held: MutableSet[KernelName] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._own()

    def _own(self) -> tuple[Queue, Kernels, Kernels]:
        """What was given as plain lists and sets is copied; what is of another board is shared."""
        self.queue = queue = _as(Queue, self.queue)
        self.ready = ready = _as(Kernels, self.ready)
        self.held = held = _as(Kernels, self.held)
        return queue, ready, held

    def index(self, limits: Limits, times: Expected) -> Index:
        """Of the queue as it is now."""
        queue, ready, held = self._own()
        about = ready, held, times, limits.machine_mib
        index = queue.watched
        return index if index and index.fits(*about) else Index(queue, *about)

    def begin_build(self, kernel: KernelName) -> None:
        """Nobody else is to begin it."""
        self.building.append(kernel)
        self.held.add(kernel)

    def end_build(self, kernel: KernelName, ready: bool) -> None:
        """It is there, or could not be built."""
        self.building.remove(kernel)
        self.held.discard(kernel)
        if ready:
            self.ready.add(kernel)

    @property
    def busy(self) -> bool:
        return bool(self.running or self.building)


def next_step(
    board: Board, limits: Limits, times: Expected, spent_s: float
) -> CellKey | KernelName | None:
    """A cell to boot, a kernel to build, or None: nothing can be begun now."""
    if len(board.running) + len(board.building) >= limits.slots:
        return None
    left_s = float("inf") if limits.budget_s is None else limits.budget_s - spent_s
    free_mib: float = limits.mem_mib - sum(map(limits.machine_mib, board.running))
    if limits.alone and not board.running:
        free_mib = float("inf")
    index = board.index(limits, times)
    boot = index.to_boot(left_s, free_mib)
    build = index.to_build(left_s) if len(board.building) < limits.builds else None
    if build is not None and (boot is None or build < boot):
        return kernel_of(index.queue.at(build))
    return None if boot is None else index.queue.at(boot)


def about_left_s(board: Board, limits: Limits, times: Expected, spent_s: float) -> float:
    """Seconds until the end: all that is left, on all slots. It costs next to nothing, which a
    forecast does not."""
    index = board.index(limits, times)
    running_s = sum(times.boots[cell] for cell in board.running)
    left_s = max(0.0, running_s + index.boots_s + index.builds_s) / limits.slots
    return left_s if limits.budget_s is None else min(left_s, max(0.0, limits.budget_s - spent_s))


def ideal_s(
    order: Sequence[CellKey], limits: Limits, took: Expected, broken: Collection[KernelName]
) -> float:
    """What this work takes on these slots where nothing else costs time. took: as measured."""
    return forecast(order, replace(limits, budget_s=None), took, broken=broken).took_s


class Forecast(Struct, frozen=True):
    """ends: cell → when its run ends, in seconds from the start; cells that don't fit are not in
    it. starts: the same. builds: kernels with (begin, end)."""

    starts: Mapping[CellKey, float]
    ends: Mapping[CellKey, float]
    builds: Mapping[KernelName, tuple[float, float]]

    @property
    def took_s(self) -> float:
        built = (end for _, end in self.builds.values())
        return max((*self.ends.values(), *built), default=0.0)


def forecast(
    queue: Sequence[CellKey],
    limits: Limits,
    times: Expected,
    ready: Collection[KernelName] = (),
    broken: Collection[KernelName] = (),
) -> Forecast:
    """The night as next_step() would have it if everything took as long as expected.

    broken: kernels whose build fails: their cells end with it.
    """
    board = Board(list(queue), set(ready))
    starts: dict[CellKey, float] = {}
    ends: dict[CellKey, float] = {}
    builds: dict[KernelName, tuple[float, float]] = {}
    running: list[tuple[float, int, CellKey | KernelName]] = []
    now_s = 0.0
    while True:
        step = next_step(board, limits, times, now_s)
        if isinstance(step, CellKey):
            board.queue.remove(step)
            board.running.append(step)
            starts[step] = now_s
            ends[step] = now_s + times.boots[step]
            heapq.heappush(running, (ends[step], len(starts) + len(builds), step))
        elif step is not None:
            board.begin_build(step)
            builds[step] = (now_s, now_s + times.builds[step])
            heapq.heappush(running, (builds[step][1], len(starts) + len(builds), step))
        elif running:
            now_s, _, ended = heapq.heappop(running)
            _end(board, ended, broken)
        else:
            return Forecast(starts, ends, builds)


def _end(board: Board, ended: CellKey | KernelName, broken: Collection[KernelName]) -> None:
    if isinstance(ended, CellKey):
        board.running.remove(ended)
        return
    board.end_build(ended, ended not in broken)
    if ended in broken:
        for cell in [cell for cell in board.queue if kernel_of(cell) == ended]:
            board.queue.remove(cell)
