# SPDX-License-Identifier: GPL-2.0-only
"""Cells that wait, in order, and sets of kernels: both tell an index of what comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableSequence, MutableSet
from typing import TYPE_CHECKING, overload

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of

if TYPE_CHECKING:
    from orchestrator.plan.night_index import Index

_ROOM = 64  # places before the first, for cells that come back


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

    def wants(self, kernel: KernelName) -> bool:
        """Is there a cell of this kernel?"""
        return kernel in self._of

    def remove(self, value: CellKey) -> None:
        """ValueError if it is not in the queue."""
        if value not in self._place:
            raise ValueError(f"{value} is not in the queue")
        place = self._place.pop(value)
        self._cells[place] = None
        kernel = kernel_of(value)
        del self._of[kernel][value]
        if not self._of[kernel]:
            del self._of[kernel]
        if self.watched:
            self.watched.took(value, place)

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
