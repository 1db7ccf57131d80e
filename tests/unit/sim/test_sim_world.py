# SPDX-License-Identifier: GPL-2.0-only
"""A simulated night loses nothing, counts nothing twice and is not faster than it can be; a rule
that is wrong is found out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import simpy
from sim_cells import prepared, workload
from sim_hosts import Farm, Place
from sim_ledger import Broken, nothing_idle
from sim_place import next_place
from sim_setting import NEVER, Failures, Setting
from sim_shared import Shared
from sim_times import Dice, Spread, Times, load, quantiles
from sim_world import World

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_times import Expected

TIMES = load()
LOAD = workload(200, 4, 4.0, 60.0)
OFTEN = Failures(host_h=0.2, worker_h=0.1, scheduler_h=0.1, infrastructure=0.1, broken=0.1)
CENTRAL = Setting(hosts=5, rule_s=0.001, task_s=0.01, write_s=0.05, unpack_s=0.05)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [False, True])
def test_no_cell_is_lost_or_counted_twice_and_no_host_idle(seed: int, share: bool) -> None:
    setting = replace(CENTRAL, failures=OFTEN, seed=seed, share=share, inline=bool(seed % 2))
    world = World(LOAD, setting, TIMES, watch=nothing_idle).run()
    assert world.ledger.lost_steps and world.ledger.done == set(LOAD.cells)
    assert all(1 <= tries <= 2 for tries in world.ledger.tries.values())


@pytest.mark.parametrize("hosts", [1, 7, 60])
def test_a_night_takes_no_less_than_its_work_and_its_longest_step(hosts: int) -> None:
    world = World(LOAD, replace(CENTRAL, hosts=hosts, failures=NEVER), TIMES).run()
    took_s = world.env.now
    assert took_s >= world.steps.cpu_s / (hosts * 2) and took_s >= world.steps.longest_s
    assert took_s >= world.spent["history"] and took_s >= world.steps.unpacking.busy_s


def test_the_same_seed_is_the_same_night() -> None:
    setting = replace(CENTRAL, failures=OFTEN)
    took = [World(LOAD, replace(setting, seed=seed), TIMES).run().env.now for seed in (3, 3, 4)]
    assert took[0] == took[1] != took[2]


def test_memory_is_kept() -> None:
    small = replace(CENTRAL, slots=4, mem_mib=2000, failures=NEVER)  # room for two machines
    tight = World(LOAD, small, TIMES).run()
    roomy = World(LOAD, replace(small, mem_mib=9000), TIMES).run()
    assert tight.ledger.all_done and roomy.ledger.all_done


def forgets_memory(farm: Farm, times: Expected, spent_s: float) -> Place | None:
    """A wrong rule: whatever has its kernel, wherever a slot is free."""
    for at in farm.free():
        for cell in farm.queue:
            if kernel_of(cell) in farm.ready:
                return Place(at.host.name, cell)
    return next_place(farm, times, spent_s)


def builds_anywhere(farm: Farm, times: Expected, spent_s: float) -> Place | None:
    """A wrong rule: it does not know that a kernel is being built already."""
    for at in farm.free():
        if at.building is None and farm.queue and kernel_of(farm.queue[0]) not in farm.ready:
            return Place(at.host.name, kernel_of(farm.queue[0]))
    return next_place(farm, times, spent_s)


def is_lazy(farm: Farm, times: Expected, spent_s: float) -> Place | None:
    """A wrong rule: it leaves a slot of each host alone."""
    place = next_place(farm, times, spent_s)
    return place if place and not farm.hosts[place.host].load else None


@pytest.mark.parametrize("rule", [forgets_memory, builds_anywhere, is_lazy])
def test_a_wrong_rule_is_found_out(rule: object) -> None:
    setting = replace(CENTRAL, slots=3, mem_mib=2000, failures=NEVER)
    World(LOAD, setting, TIMES, watch=nothing_idle).run()
    with pytest.raises(Broken):
        World(LOAD, setting, TIMES, rule=rule, watch=nothing_idle).run()  # type: ignore[arg-type]


def test_a_scheduler_that_forgets_a_lost_step_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    leave = Farm.leave

    def forgetful(farm: Farm, name: str) -> tuple[CellKey | KernelName, ...]:
        return leave(farm, name)[1:]

    monkeypatch.setattr(Farm, "leave", forgetful)
    with pytest.raises(Broken):
        World(LOAD, replace(CENTRAL, failures=OFTEN), TIMES).run()


def fixed() -> Times:
    """A boot takes 4 s, a build from objects 6."""
    one = {"boot_first": 4.0, "build_patched": 6.0, "boot_bytes": 0.0, "run_bytes": 0.0}
    spreads = {name: {"quantiles": [value], "count": 1} for name, value in one.items()}
    return Times({"spreads": spreads, "numbers": {"tree_bytes": {"value": 0}}})


def test_a_night_that_can_be_reckoned_by_hand() -> None:
    """One kernel, then three boots on two slots: 6 + 4 + 4 s, and 0.5 s for each row,
    the two of the first two boots before the third can begin."""
    cells = [CellKey("t", "", "numa", f"numa{n}") for n in (1, 2, 4)]
    setting = Setting(hosts=1, local=True, trees=True, related=True, failures=NEVER, write_s=0.5)
    world = World(prepared(cells, 4.0, 6.0), setting, fixed()).run()
    assert world.env.now == pytest.approx(6 + 4 + 2 * 0.5 + 4 + 0.5) and world.ledger.builds == 1


def test_uses_share_what_there_is() -> None:
    env = simpy.Environment()
    shared, ended = Shared(env, 2.0), {}

    def one(name: str, seconds: float, weight: float, after: float):  # type: ignore[no-untyped-def]
        yield env.timeout(after)
        yield shared.use(seconds, weight)
        ended[name] = env.now

    env.process(one("all", 4, 2, 0))
    env.process(one("half", 3, 1, 2))
    env.process(one("late", 1, 1, 20))
    env.run()
    # Alone for 2 s; then both at two thirds: 3 s for the 2 s left; then one alone.
    assert ended == pytest.approx({"all": 5, "half": 6, "late": 21})
    assert shared.busy_s == pytest.approx(2 + 3 + 0.5 + 0.5)


def test_draws_depend_on_seed_and_name_alone() -> None:
    spread = Spread((1.0, 2.0, 10.0), 3)
    assert spread.at(0) == 1 and spread.at(0.75) == 6 and spread.at(1) == 10
    assert quantiles([3, 1, 2], 3) == [1, 2, 3]
    draws = [Dice(seed).draw(spread, "x", name) for seed, name in ((1, "a"), (1, "a"), (2, "a"))]
    assert draws[0] == draws[1] != draws[2]
    mean_s = sum(Dice(1).waits_s(100, n) for n in range(4000)) / 4000
    assert 90 < mean_s < 110
