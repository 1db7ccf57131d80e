# SPDX-License-Identifier: GPL-2.0-only
"""The matrices that are simulated."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night import work
from orchestrator.plan.night_order import in_order
from orchestrator.plan.night_times import Expected

TREES = ("stable", "next")
CONFIGS = ("numa", "numa,slub,kmemleak,lockdep", "numa,debuginfo")
TOPOLOGIES = ("numa1", "numa2", "numa4", "memoryless")
MACHINE_MIB = 512 + 300  # of the topologies above, with QEMU: workflow/night_prepare.py


@dataclass(frozen=True)
class Workload:
    """Cells in the product's order, and the times that the product would expect of them."""

    cells: tuple[CellKey, ...]
    kernels: tuple[KernelName, ...]
    times: Expected


def machine_mib(_cell: CellKey) -> int:
    return MACHINE_MIB


def workload(count: int, boots: int, boot_s: float, build_s: float) -> Workload:
    """About so many cells: 2 trees × 3 configurations × patches × so many boots of each kernel
    (4 topologies, and sets of suites)."""
    suites = [f"set{n}" if n else "" for n in range(max(1, boots // len(TOPOLOGIES)))]
    topologies = TOPOLOGIES[: min(boots, len(TOPOLOGIES))]
    kernel_boots = len(suites) * len(topologies)
    patches = max(1, round(count / (len(TREES) * len(CONFIGS) * kernel_boots)))
    names = ["", *(f"p{n}" for n in range(1, patches))]
    axes = itertools.product(TREES, names, CONFIGS, topologies, suites)
    return prepared([CellKey(*values) for values in axes], boot_s, build_s)


def prepared(cells: list[CellKey], boot_s: float, build_s: float) -> Workload:
    """By the product's rules, with nothing known of the nights before."""
    order = in_order(cells, {})
    kernels = work(order).kernels
    times: Mapping[CellKey, float] = dict.fromkeys(order, boot_s)
    return Workload(order, kernels, Expected(times, dict.fromkeys(kernels, build_s)))


def boots_of(cells: tuple[CellKey, ...]) -> dict[KernelName, int]:
    found: dict[KernelName, int] = {}
    for cell in cells:
        found[kernel_of(cell)] = found.get(kernel_of(cell), 0) + 1
    return found
