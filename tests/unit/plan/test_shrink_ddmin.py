# SPDX-License-Identifier: GPL-2.0-only
"""ddmin: what is left fails, is 1-minimal, and costs no more questions than it says."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.plan.shrink import Dimension, ddmin, first_of, shrink

ITEMS = tuple(range(12))
SOME = st.frozensets(st.sampled_from(ITEMS), max_size=5)


def asked(
    found: list[tuple[int, ...]], needs: list[frozenset[int]], unless: frozenset[int]
) -> Callable[[tuple[int, ...]], bool]:
    """Fails if one of `needs` is there whole and `unless` is not; all items always fail."""

    def fails(kept: tuple[int, ...]) -> bool:
        found.append(kept)
        if kept == ITEMS:
            return True
        spoilt = bool(unless) and unless <= set(kept)
        return any(need <= set(kept) for need in needs) and not spoilt

    return fails


@given(SOME)
def test_one_needed_set_is_what_is_left(need: frozenset[int]) -> None:
    assert ddmin(ITEMS, asked([], [need], frozenset())) == tuple(sorted(need))


@given(st.lists(SOME, min_size=1, max_size=4))
def test_of_several_it_is_one_of_the_smallest_in_itself(needs: list[frozenset[int]]) -> None:
    """Monotone: 1-minimal is then minimal: no part of it fails."""
    left = frozenset(ddmin(ITEMS, asked([], needs, frozenset())))
    assert left in needs and not any(need < left for need in needs)


@given(st.lists(SOME, max_size=4), SOME)
def test_whatever_the_predicate_it_is_1_minimal_and_bounded(
    needs: list[frozenset[int]], unless: frozenset[int]
) -> None:
    found: list[tuple[int, ...]] = []
    fails = asked(found, needs, unless)
    left = ddmin(ITEMS, fails)
    count = len(found)
    assert left == () or fails(left)
    if left:
        assert not any(fails(tuple(x for x in left if x != item)) for item in left)
    assert count <= len(ITEMS) ** 2 + 3 * len(ITEMS) + 1


def test_nothing_to_leave_out_asks_nothing() -> None:
    found: list[tuple[int, ...]] = []
    assert ddmin((), asked(found, [], frozenset())) == () and found == []


def test_a_dimension_skips_what_cannot_be() -> None:
    """keep() gives None for sets with an odd number of things."""
    even = Dimension[tuple[int, ...]](
        "even", lambda setup: setup, lambda _, kept: kept if len(kept) % 2 == 0 else None
    )
    assert even((0, 1, 2, 3), lambda kept: 2 in kept) in {(2, 3), (1, 2), (0, 2)}
    assert even((0, 1), lambda _: False) == (0, 1)


def test_the_better_ones_are_told_in_order() -> None:
    whole = Dimension[tuple[int, ...]]("whole", lambda setup: setup, lambda _, kept: kept)
    told: list[tuple[int, ...]] = []
    last = first_of(lambda setup: [setup[:1], setup[1:]])
    best = shrink(tuple(range(8)), (whole, last), lambda kept: 6 in kept and 2 in kept, told.append)
    assert best == (2, 6) == told[-1]
    assert [len(each) for each in told] == sorted((len(each) for each in told), reverse=True)
