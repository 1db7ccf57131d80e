# SPDX-License-Identifier: GPL-2.0-only
"""Which cell of a queue could be begun? Found without a look at each.

Each cell has a place. For those whose kernel is there, one for each size of machine, and for those
whose kernel must be built, a tree over the places holds the least time of any cell below: so the
first that would end in time is found in as many steps as the tree is high.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_queue import Kernels, Queue
from orchestrator.plan.night_times import Expected


class First:
    """Numbers at places 0 to size - 1: which is the first that is no more than a limit?"""

    def __init__(self, size: int) -> None:
        self._leaves = 1 << max(0, size - 1).bit_length()
        self._least = [math.inf] * (2 * self._leaves)

    def put(self, place: int, value: float) -> None:
        """math.inf: nothing is there."""
        least = self._least
        node = place + self._leaves
        least[node] = value
        while node > 1:
            node //= 2
            lower = min(least[2 * node], least[2 * node + 1])
            if least[node] == lower:
                return
            least[node] = lower

    def first(self, limit: float) -> int | None:
        """Its place."""
        least = self._least
        if least[1] > limit or least[1] == math.inf:
            return None
        node = 1
        while node < self._leaves:
            node *= 2
            if least[node] > limit or least[node] == math.inf:
                node += 1
        return node - self._leaves


class Index:
    """Of a queue, for these times and sizes of machines. ready: kernels that are there; held:
    those that are neither there nor to be built. boots_s, builds_s: that all in the queue will
    take."""

    def __init__(
        self,
        queue: Queue,
        ready: Kernels,
        held: Kernels,
        times: Expected,
        machine_mib: Callable[[CellKey], int],
    ) -> None:
        self.queue, self.ready, self.held = queue, ready, held
        self.times, self.machine_mib = times, machine_mib
        self._boots: dict[int, First] = {}
        self._builds = First(queue.places)
        self.boots_s = self.builds_s = 0.0
        self._unbuilt: set[KernelName] = set()
        queue.watched = self
        ready.changed = held.changed = self._changed
        for cell in queue:
            self.came(cell)

    def fits(
        self, ready: Kernels, held: Kernels, times: Expected, machine_mib: Callable[[CellKey], int]
    ) -> bool:
        """Was it made for these, and is it told what becomes of them?"""
        return (
            self.ready is ready
            and self.held is held
            and ready.changed == held.changed == self._changed
            and self.times is times
            and self.machine_mib == machine_mib
        )

    def came(self, cell: CellKey) -> None:
        """It is in the queue."""
        self.boots_s += self.times.boots[cell]
        self._count(kernel_of(cell))
        self._value(cell)

    def _value(self, cell: CellKey) -> None:
        kernel, place = kernel_of(cell), self.queue.place(cell)
        boot_s = self.times.boots[cell]
        there = kernel in self.ready
        self._size(cell).put(place, boot_s if there else math.inf)
        build = not there and kernel not in self.held
        self._builds.put(place, boot_s + self.times.builds[kernel] if build else math.inf)

    def took(self, cell: CellKey, place: int) -> None:
        """It was there, and is no longer in the queue."""
        self.boots_s -= self.times.boots[cell]
        self._count(kernel_of(cell))
        self._size(cell).put(place, math.inf)
        self._builds.put(place, math.inf)

    def to_boot(self, left_s: float, free_mib: float) -> int | None:
        """The first that can be booted: its place."""
        places = [tree.first(left_s) for mib, tree in self._boots.items() if mib <= free_mib]
        return min((place for place in places if place is not None), default=None)

    def to_build(self, left_s: float) -> int | None:
        """The first for which a kernel can be built: its place."""
        return self._builds.first(left_s)

    def _size(self, cell: CellKey) -> First:
        mib = self.machine_mib(cell)
        if mib not in self._boots:
            self._boots[mib] = First(self.queue.places)
        return self._boots[mib]

    def _changed(self, kernel: KernelName) -> None:
        self._count(kernel)
        for cell in self.queue.of(kernel):
            self._value(cell)

    def _count(self, kernel: KernelName) -> None:
        """Is it to be built for a cell of the queue?"""
        wanted = kernel not in self.ready and self.queue.wants(kernel)
        if wanted and kernel not in self._unbuilt:
            self._unbuilt.add(kernel)
            self.builds_s += self.times.builds[kernel]
        elif not wanted and kernel in self._unbuilt:
            self._unbuilt.remove(kernel)
            self.builds_s -= self.times.builds[kernel]
