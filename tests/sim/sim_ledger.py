# SPDX-License-Identifier: GPL-2.0-only
"""Books of what was begun and ended where, kept apart from the scheduler's: what must never be is
found out when it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from sim_hosts import Farm, Place, Step

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_schedule import Limits


class Broken(AssertionError):
    """An invariant does not hold."""


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


class Ledger:
    """done: cells with their last attempt, or without a kernel. tries: attempts that ended. lost:
    steps that were begun and had to be begun again."""

    def __init__(self, cells: Iterable[CellKey], ready: Iterable[KernelName]) -> None:
        self.cells = frozenset(cells)
        self.ready = set(ready)
        self.done: set[CellKey] = set()
        self.tries: Counter[CellKey] = Counter()
        self.lost_steps = self.begun = self.builds = 0
        self._at: dict[str, list[Step]] = {}

    @property
    def all_done(self) -> bool:
        return len(self.done) == len(self.cells)

    def began(self, place: Place, limits: Limits) -> None:
        """limits: of its host."""
        here = self._at.setdefault(place.host, [])
        step = place.step
        self.begun += 1
        must(len(here) < limits.slots, f"{place.host} has no slot for {step}")
        boots = [each for each in here if isinstance(each, CellKey)]
        if isinstance(step, CellKey):
            must(step in self.cells and step not in self.done, f"{step} is run though it is done")
            must(kernel_of(step) in self.ready, f"{step} is run without its kernel")
            needed = sum(map(limits.machine_mib, [*boots, step]))
            must(needed <= limits.mem_mib or not boots, f"{place.host} lacks memory for {step}")
        else:
            must(len(boots) == len(here), f"{place.host} builds two kernels at a time")
            must(step not in self.ready, f"{step} is built again")
        running = (each for steps in self._at.values() for each in steps)
        must(all(each != step for each in running), f"{step} runs twice at a time")
        here.append(step)

    def built(self, host: str, kernel: KernelName, good: bool, dropped: Iterable[CellKey]) -> None:
        self._ended(host, kernel)
        self.builds += 1
        if good:
            self.ready.add(kernel)
        for cell in dropped:
            must(not good and kernel_of(cell) == kernel, f"{cell} is dropped for no reason")
            self._finish(cell)

    def booted(self, host: str, cell: CellKey, again: bool) -> None:
        self._ended(host, cell)
        self.tries[cell] += 1
        if not again:
            self._finish(cell)

    def lost(self, host: str, steps: Collection[Step]) -> None:
        """A host, and what it did."""
        mine = self._at.pop(host, [])
        must(sorted(map(str, mine)) == sorted(map(str, steps)), f"{host} did something else")
        self.lost_steps += len(steps)

    def _ended(self, host: str, step: Step) -> None:
        must(step in self._at.get(host, []), f"{step} ended where it was not begun")
        self._at[host].remove(step)

    def _finish(self, cell: CellKey) -> None:
        must(cell not in self.done, f"{cell} is counted twice")
        self.done.add(cell)

    def closed(self) -> None:
        """The night is over."""
        must(self.done == self.cells, f"{len(self.cells - self.done)} cells are lost")
        must(not any(self._at.values()), "something runs after the end")


def nothing_idle(farm: Farm) -> None:
    """Where nothing can be begun, no host with room has a cell that is ready, or a kernel to build.

    By a look at all of them: slow."""
    for at in farm.free():
        limits = farm.room(at)
        for cell in farm.queue:
            kernel = kernel_of(cell)
            if kernel in farm.ready:
                fits = limits.machine_mib(cell) <= farm.free_mib(at)
                must(not fits, f"{at.host.name} is idle though {cell} waits")
            elif kernel not in farm.held:
                must(at.building is not None, f"{at.host.name} is idle though {kernel} waits")
