# SPDX-License-Identifier: GPL-2.0-only
"""Cells that wait, in order, and which of them could be begun, without a look at each.

Each cell has a place. For those whose kernel is there, one for each size of machine, and for those
whose kernel must be built, a tree over the places holds the least time of any cell below: so the
first that would end in time is found in as many steps as the tree is high.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, MutableSequence, MutableSet
from typing import overload

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_times import Expected

_ROOM = 64  # places before the first, for cells that come back


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


class Queue(MutableSequence[CellKey]):
    """Cells, each once, in order. Taking one out, or putting one before all others, costs next to
    nothing; putting one in between is as slow as in a list. watched: told of both."""

    def __init__(self, cells: Iterable[CellKey] = ()) -> None:
        self.watched: Index | None = None
        self._set(list(cells))

    def _set(self, cells: list[CellKey]) -> None:
        room = _ROOM + len(cells)
        self._cells: list[CellKey | None] = [*[None] * room, *cells]
        self._place = {cell: room + n for n, cell in enumerate(cells)}
        self._of: dict[KernelName, dict[CellKey, None]] = {}
        for cell in cells:
            self._of.setdefault(kernel_of(cell), {})[cell] = None
        self._front = room
        if len(self._place) != len(cells):
            raise ValueError("a cell is in the queue twice")
        self.watched = None  # the places are others

    @property
    def places(self) -> int:
        """All places are less than this."""
        return len(self._cells)

    def place(self, cell: CellKey) -> int:
        """Of a cell that is in the queue; the less, the earlier."""
        return self._place[cell]

    def at(self, place: int) -> CellKey:
        """The cell there."""
        cell = self._cells[place]
        assert cell is not None
        return cell

    def of(self, kernel: KernelName) -> tuple[CellKey, ...]:
        """All cells of a kernel."""
        return tuple(self._of.get(kernel, ()))

    def remove(self, value: CellKey) -> None:
        """ValueError if it is not in the queue."""
        if value not in self._place:
            raise ValueError(f"{value} is not in the queue")
        if self.watched:
            self.watched.took(value)
        self._cells[self._place.pop(value)] = None
        kernel = kernel_of(value)
        del self._of[kernel][value]
        if not self._of[kernel]:
            del self._of[kernel]

    def insert(self, index: int, value: CellKey) -> None:
        """Before the one that is at this index; ValueError if it is in the queue already."""
        if value in self._place:
            raise ValueError(f"{value} is in the queue already")
        if index != 0 or self._front == 0:
            cells = list(self)
            cells.insert(index, value)
            self._set(cells)
            return
        self._front -= 1
        self._cells[self._front] = value
        self._place[value] = self._front
        self._of.setdefault(kernel_of(value), {})[value] = None
        if self.watched:
            self.watched.came(value)

    def __contains__(self, value: object) -> bool:
        return value in self._place

    def __iter__(self) -> Iterator[CellKey]:
        return (cell for cell in self._cells if cell is not None)

    def __len__(self) -> int:
        return len(self._place)

    @overload
    def __getitem__(self, index: int) -> CellKey: ...
    @overload
    def __getitem__(self, index: slice) -> list[CellKey]: ...
    def __getitem__(self, index: int | slice) -> CellKey | list[CellKey]:
        return list(self)[index]

    def __setitem__(self, index: int | slice, value: object) -> None:
        cells = list(self)
        cells[index] = value  # type: ignore[call-overload]
        self._set(cells)

    def __delitem__(self, index: int | slice) -> None:
        cells = list(self)
        del cells[index]
        self._set(cells)


class Kernels(MutableSet[KernelName]):
    """A set that tells of what comes and goes."""

    def __init__(self, names: Iterable[KernelName] = ()) -> None:
        self._names = set(names)
        self.changed: Callable[[KernelName], None] | None = None

    def add(self, value: KernelName) -> None:
        self._names.add(value)
        if self.changed:
            self.changed(value)

    def discard(self, value: KernelName) -> None:
        self._names.discard(value)
        if self.changed:
            self.changed(value)

    def update(self, names: Iterable[KernelName]) -> None:
        """Add them all."""
        for name in names:
            self.add(name)

    def __contains__(self, value: object) -> bool:
        return value in self._names

    def __iter__(self) -> Iterator[KernelName]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Index:
    """Of a queue, for these times and sizes of machines. ready: kernels that are there; held:
    those that are neither there nor to be built."""

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
        """It is in the queue, or its kernel is not what it was."""
        kernel, place = kernel_of(cell), self.queue.place(cell)
        boot_s = self.times.boots[cell]
        there = kernel in self.ready
        self._size(cell).put(place, boot_s if there else math.inf)
        build = not there and kernel not in self.held
        self._builds.put(place, boot_s + self.times.builds[kernel] if build else math.inf)

    def took(self, cell: CellKey) -> None:
        """It goes from the queue."""
        place = self.queue.place(cell)
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
        for cell in self.queue.of(kernel):
            self.came(cell)
