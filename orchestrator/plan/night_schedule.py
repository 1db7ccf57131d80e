# SPDX-License-Identifier: GPL-2.0-only
"""What next? One rule, by which a night is run, and forecast without running it.

Cells are taken in their order: the first whose kernel is there is booted, the first whose kernel
is not is a reason to build it. Builds never run beside each other on one machine, and count as a
run: make takes all cores. What would not end within the budget is not begun.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_times import Expected


@dataclass(frozen=True)
class Limits:
    """slots: runs at a time. mem_mib: for all machines together, of which each takes what
    machine_mib says. budget_s: for the night; None: as long as it takes. builds: at a time, one for
    each host that builds."""

    slots: int
    mem_mib: int
    machine_mib: Callable[[CellKey], int]
    budget_s: float | None = None
    builds: int = 1


@dataclass
class Board:
    """Where a night stands. queue: cells not begun, in order. ready: kernels that are built.
    building: those that are being built."""

    queue: list[CellKey]
    ready: set[KernelName] = field(default_factory=set)
    running: list[CellKey] = field(default_factory=list)
    building: list[KernelName] = field(default_factory=list)

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
    free_mib = limits.mem_mib - sum(map(limits.machine_mib, board.running))
    for cell in board.queue:
        kernel = kernel_of(cell)
        takes_s = times.boots[cell] + (0.0 if kernel in board.ready else times.builds[kernel])
        if takes_s > left_s:
            continue
        if kernel not in board.ready:
            if len(board.building) < limits.builds and kernel not in board.building:
                return kernel
        elif limits.machine_mib(cell) <= free_mib or not board.running:
            return cell
    return None


@dataclass(frozen=True)
class Forecast:
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
            board.building.append(step)
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
    board.building.remove(ended)
    if ended in broken:
        board.queue[:] = [cell for cell in board.queue if kernel_of(cell) != ended]
    else:
        board.ready.add(ended)
