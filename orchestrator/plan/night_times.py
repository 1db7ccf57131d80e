# SPDX-License-Identifier: GPL-2.0-only
"""How long will a cell take? As long as it did; else as its like did; else as the project's did."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_order import NOTHING, Facts

# Seconds on the 2-core machine class of docs/benchmark.md, where nothing else is known.
BOOT_S = 6.0  # all suites on four nodes, side by side with another machine
BUILD_S = 300.0
PATCHED_S = 60.0  # most objects are those of the unpatched kernel
READY_S = 0.5  # a kernel that is built is looked at
_RUNS = 5  # the latest count


@dataclass(frozen=True)
class Expected:
    """Seconds. boots: of each cell once its kernel is there. builds: of each kernel."""

    boots: Mapping[CellKey, float]
    builds: Mapping[KernelName, float]


def expected(
    cells: Sequence[CellKey], facts: Mapping[CellKey, Facts], built: Collection[KernelName]
) -> Expected:
    """built: kernels that are in the store."""
    past = [(cell, attempt) for cell in cells for attempt in facts.get(cell, NOTHING).earlier]
    boots_took = _Took(_BOOT_LIKE)
    builds_took = _Took(_BUILD_LIKE)
    for cell, attempt in past:
        if attempt.boot_s:
            boots_took.note(cell, _without_build(attempt))
        if attempt.build_s:
            builds_took.note(cell, attempt.build_s)
    boots = {cell: boots_took.typical(cell, BOOT_S) for cell in cells}
    builds = {}
    for cell in cells:
        name = kernel_of(cell)
        if name not in builds:
            unknown_s = PATCHED_S if name.patch else BUILD_S
            builds[name] = READY_S if name in built else builds_took.typical(cell, unknown_s)
    return Expected(boots, builds)


_Likeness = Callable[[CellKey], object]  # those of which this is equal are alike
_BOOT_LIKE: tuple[_Likeness, ...] = (
    lambda cell: cell,
    lambda cell: (cell.topology, cell.suites),
    lambda cell: cell.topology,
    lambda cell: None,
)
_BUILD_LIKE: tuple[_Likeness, ...] = (
    kernel_of,
    lambda cell: (cell.config, bool(cell.patch)),
)


class _Took:
    """Seconds by likeness, the closest first. Of each the first few are kept: they count alone."""

    def __init__(self, like: Sequence[_Likeness]) -> None:
        self._like = like
        self._seen: list[dict[object, list[float]]] = [{} for _ in like]

    def note(self, cell: CellKey, took_s: float) -> None:
        for likeness, seen in zip(self._like, self._seen, strict=True):
            took = seen.setdefault(likeness(cell), [])
            if len(took) < _RUNS:
                took.append(took_s)

    def typical(self, cell: CellKey, unknown_s: float) -> float:
        for likeness, seen in zip(self._like, self._seen, strict=True):
            took = seen.get(likeness(cell))
            if took:
                return statistics.median(took)
        return unknown_s


def _without_build(attempt: Attempt) -> float:
    return max(0.0, attempt.wall_s - (attempt.build_s or 0.0))
