# SPDX-License-Identifier: GPL-2.0-only
"""The order of a presubmit's work, its budget, and the base it takes."""

from __future__ import annotations

import pytest

from orchestrator.plan.presubmit import (
    GUESS_S,
    MOST_COMMITS,
    Base,
    Budget,
    Work,
    choose_base,
    in_order,
    split_range,
)


@pytest.mark.parametrize(
    ("steps", "last_commit", "order"),
    [
        ([1, 2, 3], 3, (3, 1, 2)),
        ([1, 2, 3], 2, (3, 2, 1)),  # 3 is what is not committed
        ([1], 1, (1,)),
        ([1], 0, (1,)),
        ([4], 3, (4,)),  # what is not committed alone
        ([], 0, ()),
    ],
)
def test_the_last_comes_first(steps: list[int], last_commit: int, order: tuple[int, ...]) -> None:
    assert in_order(steps, last_commit) == order


def test_without_a_budget_everything_is_begun() -> None:
    assert Budget().allows(1e9, Work.COMPARE, Work.CONFIG)


def test_nothing_is_begun_that_would_not_end_in_time() -> None:
    budget = Budget(100.0)
    assert budget.allows(100.0 - GUESS_S[Work.BUILD], Work.BUILD)
    assert not budget.allows(100.1 - GUESS_S[Work.BUILD], Work.BUILD)
    assert not budget.allows(100.0 - GUESS_S[Work.BUILD], Work.BUILD, ahead_s=1.0)
    assert not budget.allows(100.0 - GUESS_S[Work.BUILD], Work.BUILD, Work.BOOT)


def test_it_learns_what_work_takes() -> None:
    budget = Budget(100.0)
    for took_s in (90.0, 90.0, 90.0, 3.0, 2.0, 50.0, 2.0, 1.0):
        budget.learn(Work.BUILD, took_s)
    assert budget.expects(Work.BUILD) == 2.0  # of the last five, the one in the middle
    assert budget.expects(Work.BOOT) == GUESS_S[Work.BOOT]


UPSTREAM = Base("u", "upstream", 3, upstream=True)
TAG = Base("t", "tag", 40)
MAIN = Base("m", "main", 5)


@pytest.mark.parametrize(
    ("candidates", "dirty", "chosen"),
    [
        ([UPSTREAM, TAG, MAIN], False, UPSTREAM),
        ([TAG, MAIN], False, MAIN),  # the nearest
        ([Base("u", "", 0, upstream=True), TAG, MAIN], False, MAIN),  # all was pushed
        ([Base("u", "", 0, upstream=True), TAG], True, Base("u", "", 0, upstream=True)),
        ([Base("u", "", MOST_COMMITS + 1, upstream=True), TAG], False, TAG),
        ([Base("t", "", MOST_COMMITS + 1)], False, None),
        ([Base("t", "", 0)], True, None),
        ([], False, None),
    ],
)
def test_the_base(candidates: list[Base], dirty: bool, chosen: Base | None) -> None:
    assert choose_base(candidates, dirty=dirty) == chosen


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("v7.1..topic", ("v7.1", "topic")),
        ("v7.1..", ("v7.1", "HEAD")),
        ("v7.1", ("v7.1", "HEAD")),
        ("a..b..c", ("a", "b..c")),  # which is no commit, and git says so
        ("a...b", None),
        ("..b", None),
        ("..", None),
        ("", None),
        ("--output=x..y", None),
    ],
)
def test_ranges(text: str, split: tuple[str, str] | None) -> None:
    assert split_range(text) == split
