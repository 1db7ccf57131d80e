# SPDX-License-Identifier: GPL-2.0-only
"""How long will a cell take? As long as it did; else as its like did; else as the project's did."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
    boots = {cell: _boot_s(cell, past) for cell in cells}
    names = dict.fromkeys(map(kernel_of, cells))
    builds = {name: READY_S if name in built else _build_s(name, past) for name in names}
    return Expected(boots, builds)


_Past = Sequence[tuple[CellKey, Attempt]]


def _boot_s(cell: CellKey, past: _Past) -> float:
    like: tuple[Callable[[CellKey], bool], ...] = (
        lambda other: other == cell,
        lambda other: (other.topology, other.suites) == (cell.topology, cell.suites),
        lambda other: other.topology == cell.topology,
        lambda other: True,
    )
    for fits in like:
        took = [_without_build(one) for other, one in past if fits(other) and one.boot_s]
        if took:
            return _typical(took)
    return BOOT_S


def _build_s(name: KernelName, past: _Past) -> float:
    for fits in (
        lambda other: other == name,
        lambda other: (other.config, bool(other.patch)) == (name.config, bool(name.patch)),
    ):
        took = [one.build_s for other, one in past if fits(kernel_of(other)) and one.build_s]
        if took:
            return _typical(took)
    return PATCHED_S if name.patch else BUILD_S


def _without_build(attempt: Attempt) -> float:
    return max(0.0, attempt.wall_s - (attempt.build_s or 0.0))


def _typical(took: Iterable[float]) -> float:
    return statistics.median(list(took)[:_RUNS])
