# SPDX-License-Identifier: GPL-2.0-only
"""The order of a night and its expected times, found without a look at all cells for each, are
those of the plain rule."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.model.verdict import Verdict
from orchestrator.plan import night_order
from orchestrator.plan.night_order import Facts, in_order
from orchestrator.plan.night_times import BOOT_S, BUILD_S, PATCHED_S, READY_S, expected

CELLS = [
    CellKey(tree, patch, config, topology)
    for tree in ("a", "b")
    for patch in ("", "fix", "fix2")
    for config in ("numa", "nonuma")
    for topology in ("numa1", "numa4", "uneven")
]
cells = st.lists(st.sampled_from(CELLS), unique=True)


@st.composite
def some_facts(draw: st.DrawFn) -> dict[CellKey, Facts]:
    return {
        cell: Facts(tuple(_attempt(draw, cell) for _ in range(draw(st.integers(0, 3)))))
        for cell in draw(cells)
    }


def _attempt(draw: st.DrawFn, cell: CellKey) -> Attempt:
    verdict = draw(st.sampled_from([Verdict.PASS, Verdict.FAIL, Verdict.INFRASTRUCTURE]))
    day = draw(st.integers(1, 9))
    build_s, boot_s = draw(st.none() | st.floats(1, 99)), draw(st.none() | st.floats(1, 9))
    wall_s = 1 + (build_s or 0) + (boot_s or 0)
    return Attempt("i", cell, 1, f"2026-11-0{day}T00:00:00+00:00", verdict, None, "7.3", "k", "h",
                   "r", wall_s, build_s, boot_s, "")  # fmt: skip


def bringing_new(left: Sequence[CellKey], seen: set[tuple[int, str]]) -> list[CellKey]:
    rest, done = list(left), []
    while rest:
        best = max(rest, key=lambda cell: night_order._new(cell, seen))
        if not night_order._new(best, seen):
            break
        rest.remove(best)
        done.append(best)
        seen |= night_order._values(best)
    return done


@given(cells, some_facts())
@settings(max_examples=200, deadline=None)
def test_the_order_is_that_of_the_plain_rule(
    order: list[CellKey], facts: dict[CellKey, Facts]
) -> None:
    found = in_order(order, facts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(night_order, "_bringing_new", bringing_new)
        assert found == in_order(order, facts)
    assert sorted(found) == sorted(order)


def test_each_value_comes_before_one_is_there_twice() -> None:
    found = in_order(CELLS, {})
    assert found[0] == CELLS[0] and {cell.topology for cell in found[:3]} == {
        "numa1", "numa4", "uneven"
    }  # fmt: skip


def plain_times(
    order: Sequence[CellKey], facts: dict[CellKey, Facts], built: set[KernelName]
) -> tuple[dict[CellKey, float], dict[KernelName, float]]:
    past = [(cell, one) for cell in order if cell in facts for one in facts[cell].earlier]
    boots = {}
    for cell in order:
        alike: list[Callable[[CellKey], bool]] = [
            lambda other, cell=cell: other == cell,
            lambda other, cell=cell: (other.topology, other.suites) == (cell.topology, cell.suites),
            lambda other, cell=cell: other.topology == cell.topology,
            lambda other: True,
        ]
        found = [
            [one.wall_s - (one.build_s or 0) for other, one in past if fits(other) and one.boot_s]
            for fits in alike
        ]
        boots[cell] = statistics.median(next(filter(None, found), [BOOT_S])[:5])
    builds = {}
    for name in map(kernel_of, order):
        same = [one.build_s for other, one in past if kernel_of(other) == name and one.build_s]
        like = [
            one.build_s
            for other, one in past
            if (other.config, not other.patch) == (name.config, not name.patch) and one.build_s
        ]
        unknown = [PATCHED_S if name.patch else BUILD_S]
        took_s = statistics.median((same or like or unknown)[:5])
        builds[name] = READY_S if name in built else took_s
    return boots, builds


@given(cells, some_facts(), st.sets(st.sampled_from([kernel_of(cell) for cell in CELLS])))
@settings(max_examples=200, deadline=None)
def test_the_times_are_those_of_the_plain_rule(
    order: list[CellKey], facts: dict[CellKey, Facts], built: set[KernelName]
) -> None:
    times = expected(order, facts, built)
    boots, builds = plain_times(order, facts, built)
    assert times.boots == pytest.approx(boots) and times.builds == pytest.approx(builds)
