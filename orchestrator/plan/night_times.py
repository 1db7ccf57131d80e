# SPDX-License-Identifier: GPL-2.0-only
"""How long will a cell take? As long as it did; else as its like did; else as the project's did."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_order import NOTHING, Facts

# Seconds on the 2-core machine class of docs/benchmark.md, where nothing else is known.
BOOT_S = 6.0  # all suites on four nodes, side by side with another machine
BUILD_S = 300.0
PATCHED_S = 60.0  # most objects are those of the unpatched kernel
READY_S = 0.5  # a kernel that is built is looked at
_RUNS = 5  # the latest count


class Expected(Struct, frozen=True):
    """Seconds. boots: of each cell once its kernel is there. builds: of each kernel."""

    boots: Mapping[CellKey, float]
    builds: Mapping[KernelName, float]


def expected(
    cells: Sequence[CellKey], facts: Mapping[CellKey, Facts], built: Collection[KernelName]
) -> Expected:
    """built: kernels that are in the store."""
    past = _Past()
    for cell in cells:
        for attempt in facts.get(cell, NOTHING).earlier:
            past.add(cell, attempt)
    names = dict.fromkeys(map(kernel_of, cells))
    return Expected(
        boots={cell: _first(past.boots, _likes(cell), BOOT_S) for cell in cells},
        builds={
            name: READY_S
            if name in built
            else _first(past.builds, (name, _like(name)), PATCHED_S if name.patch else BUILD_S)
            for name in names
        },
    )


@dataclass
class _Past:
    """Seconds that runs took, by all that they may be looked up by."""

    boots: dict[object, list[float]] = field(default_factory=dict)
    builds: dict[object, list[float]] = field(default_factory=dict)

    def add(self, cell: CellKey, attempt: Attempt) -> None:
        if attempt.boot_s:
            took_s = max(0.0, attempt.wall_s - (attempt.build_s or 0.0))
            for key in _likes(cell):
                self.boots.setdefault(key, []).append(took_s)
        if attempt.build_s:
            name = kernel_of(cell)
            for key in (name, _like(name)):
                self.builds.setdefault(key, []).append(attempt.build_s)


def _likes(cell: CellKey) -> tuple[object, ...]:
    """The cell, and what others have in common with it, the most telling first."""
    return cell, (cell.topology, cell.suites), cell.topology, None


def _like(name: KernelName) -> object:
    return name.config, bool(name.patch)


def _first(took: Mapping[object, list[float]], keys: Iterable[object], default_s: float) -> float:
    found = next((took[key] for key in keys if key in took), None)
    return statistics.median(found[:_RUNS]) if found else default_s
