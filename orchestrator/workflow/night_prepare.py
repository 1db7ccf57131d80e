# SPDX-License-Identifier: GPL-2.0-only
"""What a night was asked, and its cells in order, with the times they will take."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from orchestrator.config.matrix import tier_patterns
from orchestrator.edge.memory import QEMU_MIB, available_mib
from orchestrator.edge.store import Store, runs_root
from orchestrator.model.matrix import Matrix
from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, Planned, kernel_of
from orchestrator.plan.night_order import Facts, in_order, why
from orchestrator.plan.night_schedule import Limits
from orchestrator.plan.night_times import Expected, expected
from orchestrator.workflow.night_inputs import Inputs, all_cells, built_kernels, gather
from orchestrator.workflow.night_memory import Memory


class NightJob(Struct, frozen=True):
    """What `orchestrate nightly` was asked. slots: boots at a time; 0: what the host has cores
    for. fresh: run all cells, also those an interrupted night has finished."""

    matrix: Matrix
    tier: str = ""
    budget_s: float | None = None
    slots: int = 0
    fresh: bool = False
    run_dir: Path | None = None
    command: tuple[str, ...] = ()

    @property
    def place(self) -> Path:
        """Where the nights lie beside each other."""
        return self.run_dir.resolve().parent if self.run_dir else runs_root()


class Prepared(Struct, frozen=True):
    """order: of all cells. built: kernels that are in the store."""

    inputs: Inputs
    order: tuple[CellKey, ...]
    facts: dict[CellKey, Facts]
    times: Expected
    limits: Limits
    built: frozenset[KernelName]

    def planned(self) -> tuple[Planned, ...]:
        """The order, with its reasons."""
        times = self.times
        return tuple(
            Planned(cell, *why(self.facts[cell]), times.boots[cell], times.builds[kernel_of(cell)])
            for cell in self.order
        )


def prepared(job: NightJob, inputs: Inputs, memory: Memory, store: Store) -> Prepared:
    """UsageError if the matrix has no such tier, or no cell."""
    found = all_cells(inputs, tier_patterns(job.matrix, job.tier))
    facts = gather(inputs, found, memory, store)
    order = in_order(found, facts)
    built = built_kernels(inputs, found, store)

    def machine_mib(cell: CellKey) -> int:
        return inputs.topologies[cell.topology].most_mem_mib + QEMU_MIB

    slots = job.slots or min(len(order), os.cpu_count() or 1)
    limits = Limits(slots, available_mib(), machine_mib, job.budget_s)
    return Prepared(inputs, order, facts, expected(order, facts, built), limits, frozenset(built))
