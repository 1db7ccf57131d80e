# SPDX-License-Identifier: GPL-2.0-only
"""Which host takes which step."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sim_hosts import Farm, Host, Place, family_of, hosts_for
from sim_place import next_place

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_schedule import Board, Limits, forecast, next_step
from orchestrator.plan.night_times import Expected

CELLS = [
    CellKey("t", patch, config, f"numa{size}")
    for patch in ("", "p1", "p2")
    for config in ("numa", "nonuma")
    for size in (1, 2, 4)
]
KERNELS = list(dict.fromkeys(map(kernel_of, CELLS)))
TIMES = Expected(dict.fromkeys(CELLS, 4.0), dict.fromkeys(KERNELS, 60.0))


def machine_mib(cell: CellKey) -> int:
    return 512 * int(cell.topology.removeprefix("numa"))


def farm(*hosts: Host, ready: list[KernelName] | None = None, wait: bool = False) -> Farm:
    return Farm(CELLS, hosts, machine_mib, ready or [], wait=wait)


def begun(farm: Farm) -> list[Place]:
    """All that can be begun at once."""
    places = []
    while place := next_place(farm, TIMES, 0.0):
        farm.begin(place)
        places.append(place)
    return places


def host(name: str, slots: int = 2, mem_mib: int = 9000, kvm: bool = False) -> Host:
    return Host(name, slots, mem_mib, kvm)


def test_a_kernel_is_built_in_one_place_and_hosts_build_one_at_a_time() -> None:
    places = begun(farm(host("a"), host("b"), host("c")))
    assert sorted(place.host for place in places) == ["a", "b", "c"]
    assert [place.step for place in places] == KERNELS[:3]


def test_a_family_is_built_from_nothing_once_if_objects_are_shared() -> None:
    night = farm(*map(host, "abcd"), wait=True)
    first = begun(night)
    assert [place.step for place in first] == KERNELS[:2]
    assert (
        len({family_of(place.step) for place in first if isinstance(place.step, KernelName)}) == 2
    )
    night.built(first[0].host, KERNELS[0])
    steps = [place.step for place in begun(night)]
    assert steps[:3] == CELLS[:3] and KERNELS[2] in steps and KERNELS[3] not in steps


def test_a_family_that_breaks_lets_the_next_kernel_try() -> None:
    night = farm(host("a"), wait=True)
    (place,) = begun(night)
    assert night.broken("a", KERNELS[0]) == tuple(CELLS[:3]) and place.step == KERNELS[0]
    assert begun(night)[0].step == KERNELS[1]
    night.broken("a", KERNELS[1])
    assert begun(night)[0].step == KERNELS[2]


def test_a_boot_goes_where_its_kernel_is_and_nothing_builds() -> None:
    night = farm(host("a"), host("b"), host("c"), ready=KERNELS)
    night.hosts["b"].holds.add(KERNELS[0])
    night.hosts["c"].building = KERNELS[0]
    assert next_place(night, TIMES, 0.0) == Place("b", CELLS[0])


def test_a_build_goes_where_its_family_was_built() -> None:
    night = farm(host("a"), host("b"))
    night.hosts["b"].families.add(family_of(KERNELS[0]))
    assert next_place(night, TIMES, 0.0) == Place("b", KERNELS[0])


def test_what_is_too_large_for_all_is_tried_alone_on_the_largest() -> None:
    large = [CellKey("t", "", "numa", "numa32")]
    night = Farm(large, [host("a"), host("b", mem_mib=4000)], machine_mib, KERNELS)
    times = Expected(dict.fromkeys(large, 4.0), TIMES.builds)
    assert next_place(night, times, 0.0) == Place("a", large[0])
    night.hosts["a"].running.append(CELLS[0])
    assert next_place(night, times, 0.0) is None


def test_a_lost_host_gives_back_what_it_did() -> None:
    night = farm(host("a", 3))
    night.ready.add(KERNELS[0])
    places = [place.step for place in begun(night)]
    assert set(night.leave("a")) == set(places) and next_place(night, TIMES, 0.0) is None
    assert list(night.queue) == CELLS
    night.join(host("b", 3))
    assert [place.step for place in begun(night)] == places
    with pytest.raises(ValueError):
        night.join(host("b"))


def test_hosts_without_kvm_are_left_out_if_it_is_asked_for() -> None:
    hosts = host("a"), host("b", kvm=True)
    assert hosts_for(hosts, "auto") == hosts and hosts_for(hosts, "kvm") == hosts[1:]


@given(st.integers(1, 3), st.sampled_from([600, 2500, 9000]), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_one_host_does_what_a_night_without_hosts_does(slots: int, mem: int, seed: int) -> None:
    """The same steps in the same order as by next_step() alone, whatever ends first."""
    dice = random.Random(seed)
    night = farm(host("a", slots, mem))
    board, limits = Board(CELLS), Limits(slots, mem, machine_mib)
    while True:
        place, step = next_place(night, TIMES, 0.0), next_step(board, limits, TIMES, 0.0)
        assert (place.step if place else None) == step
        if place is None:
            running = night.hosts["a"].running
            if not night.busy:
                break
            if night.hosts["a"].building and (not running or dice.random() < 0.5):
                night.built("a", board.building[0])
                board.end_build(board.building[0], ready=True)
                continue
            cell = dice.choice(running)
            night.booted("a", cell)
            board.running.remove(cell)
        else:
            night.begin(place)
            if isinstance(step, CellKey):
                board.queue.remove(step)
                board.running.append(step)
            elif step:
                board.begin_build(step)
    assert not night.queue and not board.queue
    assert set(forecast(CELLS, limits, TIMES).ends) == set(CELLS)
