# SPDX-License-Identifier: GPL-2.0-only
"""What next, and on which of several hosts? By the one rule of plan/night_schedule.py.

The next step is the one that the host with most room could begin. Then it goes where it costs
least: a boot to a host that does not build, has the kernel, and has little else to do; a build,
which takes all cores, to a host that has objects of its family and has little else to do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from sim_hosts import AtWork, Farm, Place, family_of

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_schedule import Board, next_step
from orchestrator.plan.night_times import Expected


def next_place(farm: Farm, times: Expected, spent_s: float) -> Place | None:
    """The next step and its host; None: nothing can be begun now."""
    free = farm.free()
    builders = [at for at in free if at.building is None]
    for hosts in (builders, free):
        if not hosts:
            continue
        roomy = max(hosts, key=farm.free_mib)
        building = [roomy.building] if roomy.building else []
        board = Board(farm.queue, farm.ready, roomy.running, building, farm.held)
        step = next_step(board, farm.room(roomy), times, spent_s)
        if isinstance(step, CellKey):
            return Place(_for_boot(farm, step, roomy), step)
        if step is not None:
            return Place(_for_build(step, builders), step)
    return None


def _for_boot(farm: Farm, cell: CellKey, roomy: AtWork) -> str:
    kernel, mib = kernel_of(cell), farm.machine_mib(cell)
    best, least = roomy, (True, True, math.inf, True)
    for at in farm.free():
        if at is roomy or farm.free_mib(at) >= mib:
            cost = (at.building is not None, kernel not in at.holds, at.load / at.host.slots,
                    not at.host.kvm)  # fmt: skip
            if cost < least:
                best, least = at, cost
    return best.host.name


def _for_build(kernel: KernelName, builders: Iterable[AtWork]) -> str:
    family = family_of(kernel)
    best = min(builders, key=lambda at: (family not in at.families, at.load, -at.host.slots))
    return best.host.name
