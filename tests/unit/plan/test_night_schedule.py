# SPDX-License-Identifier: GPL-2.0-only
"""What is begun next: slots, memory, budget, builds that many cells wait for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_cells import cell

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_schedule import (
    Board,
    Limits,
    about_left_s,
    forecast,
    ideal_s,
    next_step,
)
from orchestrator.plan.night_times import Expected

A1, A2, A3 = (cell(f"a/-/numa/n{n}") for n in (1, 2, 3))
B1, B2 = (cell(f"b/-/numa/n{n}") for n in (1, 2))
A, B = kernel_of(A1), kernel_of(B1)
ALL = [A1, A2, A3, B1, B2]


def limits(
    slots: int = 2, mem_mib: int = 10_000, budget_s: float | None = None, **sizes: int
) -> Limits:
    """sizes: MiB of a topology's machine; 1000 of the rest."""
    return Limits(slots, mem_mib, lambda one: sizes.get(one.topology, 1000), budget_s)


def times(boot_s: float = 10.0, build_s: float = 100.0, **boots: float) -> Expected:
    return Expected(
        {each: boots.get(each.topology, boot_s) for each in ALL}, dict.fromkeys((A, B), build_s)
    )


def step(board: Board, within: Limits, spent_s: float = 0.0) -> CellKey | KernelName | None:
    return next_step(board, within, times(), spent_s)


def test_a_kernel_first_and_then_its_cells_in_order() -> None:
    board = Board(list(ALL))
    assert step(board, limits()) == A
    board.begin_build(A)
    assert step(board, limits()) is None, "builds never run beside each other"
    board.end_build(A, ready=True)
    assert step(board, limits()) == A1


def test_another_build_beside_a_boot_where_slots_allow() -> None:
    board = Board([B1, A2], {A}, running=[A1])
    assert step(board, limits(2)) == B
    assert step(board, limits(1)) is None
    board.begin_build(B)
    assert step(board, limits(2)) is None, "a build counts as a run"
    assert step(board, limits(3)) == A2, "what is ready does not wait for it"


def test_memory() -> None:
    board = Board([A2, A3], {A}, running=[A1])
    assert step(board, limits(3, mem_mib=3000, n2=2500, n3=2000)) == A3, "the next that fits"
    assert step(board, limits(3, mem_mib=2000, n2=2500, n3=2000)) is None
    assert step(Board([A2], {A}), limits(3, mem_mib=100)) == A2, "one is always tried"


def test_what_would_not_end_within_the_budget_is_not_begun() -> None:
    board = Board([A1, B1], {B})
    assert step(board, limits(budget_s=110.0)) == A
    assert step(board, limits(budget_s=109.0)) == B1, "its kernel is there"
    assert step(board, limits(budget_s=110.0), spent_s=101.0) is None


def test_forecast() -> None:
    found = forecast(ALL, limits(2), times())
    assert found.builds == {A: (0.0, 100.0), B: (110.0, 210.0)}, "first what is ready"
    assert [found.starts[each] for each in ALL] == [100.0, 100.0, 110.0, 210.0, 210.0]
    assert found.took_s == 220.0


def test_forecast_where_one_build_fails() -> None:
    found = forecast(ALL, limits(1), times(), broken={A})
    assert sorted(found.ends) == [B1, B2]
    assert found.builds[A] == (0.0, 100.0), "the time was spent"
    assert found.took_s == 220.0


def test_a_budget_leaves_out_the_tail() -> None:
    found = forecast(ALL, limits(1, budget_s=120.0), times(), ready={A})
    assert set(found.ends) == {A1, A2, A3} and not found.builds


def test_how_long_is_left() -> None:
    board = Board([A2, B1], {A}, running=[A1])
    assert about_left_s(board, limits(2), times(), 0.0) == (3 * 10 + 100) / 2
    assert about_left_s(board, limits(2, budget_s=50.0), times(), 45.0) == 5.0
    assert about_left_s(board, limits(2, budget_s=50.0), times(), 60.0) == 0.0
    assert about_left_s(Board([]), limits(), times(), 5.0) == 0.0


def test_the_ideal_counts_builds_that_failed() -> None:
    took = Expected({A1: 0.0, B1: 10.0}, {A: 40.0, B: 50.0})
    assert ideal_s([A1, B1], limits(1, budget_s=1.0), took, {A}) == 100.0


@given(
    st.integers(1, 4),
    st.integers(500, 5000),
    st.one_of(st.none(), st.floats(0, 400)),
    st.permutations(ALL),
    st.lists(st.floats(0.5, 60), min_size=3, max_size=3),
    st.sets(st.sampled_from((A, B))),
)
def test_no_limit_is_ever_passed(
    slots: int,
    mem_mib: int,
    budget_s: float | None,
    order: list[CellKey],
    took: list[float],
    ready: set[KernelName],
) -> None:
    within = limits(slots, mem_mib, budget_s, n1=700, n2=1500, n3=2500)
    plan = times(n1=took[0], n2=took[1], n3=took[2])
    found = forecast(order, within, plan, ready)
    if budget_s is None:
        assert set(found.ends) == set(ALL), "nothing is left out without a budget"
    elif found.ends:
        assert max(found.ends.values()) <= budget_s + 1e-6
    for moment in found.starts.values():
        on = [each for each in found.ends if found.starts[each] <= moment < found.ends[each]]
        built = [each for each, (one, two) in found.builds.items() if one <= moment < two]
        assert len(on) + len(built) <= slots and len(built) <= 1
        assert len(on) == 1 or sum(map(within.machine_mib, on)) <= mem_mib
    for each, start in found.starts.items():
        kernel = kernel_of(each)
        assert kernel in ready or found.builds[kernel][1] <= start


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_shared_kernels_are_built_once(slots: int) -> None:
    assert set(forecast(ALL, limits(slots), times()).builds) == {A, B}
