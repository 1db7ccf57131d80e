# SPDX-License-Identifier: GPL-2.0-only
"""What is news and what is not, each thing counted once, in a subject that nobody can forge."""

from __future__ import annotations

import pytest
from sample_nights import (
    BASE,
    CELLS,
    FIX,
    OTHER,
    all_sorts,
    attempt,
    crash,
    empty,
    green,
    host,
    hostile,
    judged,
    new_failure,
    night,
    red,
    standing,
)

from orchestrator.model.night import Change
from orchestrator.model.night_told import tell
from orchestrator.model.standing import JudgedNight
from orchestrator.report.night_stories import News, news, stories, subject, title_of

DEAD = judged(tuple(host(cell) for cell in CELLS))


def said(tonight: JudgedNight, before: JudgedNight | None = None) -> News:
    return news(tell(tonight, before))


def line(given: JudgedNight) -> str:
    told = tell(given)
    return subject(told, stories(told))


def one(change: Change) -> JudgedNight:
    return judged((attempt(BASE), red(FIX)), (standing(FIX, change, "s.one"),))


@pytest.mark.parametrize(
    ("tonight", "before", "changed"),
    [
        (green(), green(), False),
        (new_failure(), green(), True),
        (new_failure(Change.STILL_FAILING), new_failure(), False),
        (new_failure(Change.QUARANTINED), new_failure(), False),
        (one(Change.FIXED), new_failure(), True),
        (one(Change.FLAKY), green(), True),
        (one(Change.FLAKY), one(Change.FLAKY), False),
        (one(Change.FLAKY), one(Change.SLOWER), True),
        (one(Change.SLOWER), green(), True),
        (one(Change.SLOWER), one(Change.SLOWER), False),
        (DEAD, green(), True),
        (DEAD, DEAD, False),
        (empty(), green(), True),
    ],
)
def test_news_is_what_changed(tonight: JudgedNight, before: JudgedNight, changed: bool) -> None:
    found = said(tonight, before)
    assert found.changed == changed
    assert found.why and all("\n" not in words for words in found.why)


def test_the_first_night_is_news() -> None:
    assert said(judged((), previous=None)).why == ("it is the first night of this matrix",)


def test_silence_says_why() -> None:
    why = "nothing changed since the night of 2026-11-24T22:00:00+00:00"
    assert said(green(), green()) == News(False, (why,))


def test_a_flaky_test_in_another_cell_is_news() -> None:
    elsewhere = judged((attempt(BASE),), (standing(OTHER, Change.FLAKY, "s.one"),))
    assert said(elsewhere, one(Change.FLAKY)).changed


def test_subjects() -> None:
    assert line(green()) == "[orchestrate] kthreads: all pass (7.3.4)"
    assert line(new_failure()) == "[orchestrate] kthreads: 1 new failure (7.3.4)"
    assert line(DEAD) == "[orchestrate] kthreads: nothing is known of any kernel (7.3.4)"
    assert line(all_sorts()) == (
        "[orchestrate] kthreads: 1 new failure, 1 flaky, 1 slower, 1 fixed, 1 still failing, "
        "1 quarantined, 1 known issue, 1 not run (7.3.4)"
    )
    kernels = (attempt(BASE), attempt(FIX, kernel_release="7.4.0-rc1"))
    assert line(judged(kernels)).endswith(": 1 not run (7.3.4, 7.4.0-rc1)")


def test_a_hostile_subject_is_one_short_line() -> None:
    text = line(hostile())
    assert len(text.splitlines()) == 1 and len(text) < 600
    assert "\x1b" not in text and "\\x1b" in text


def test_one_thing_in_many_cells_is_told_once() -> None:
    told = tuple(
        standing(cell, Change.NEW_FAILURE, test, headline="s.one failed")
        for cell in CELLS
        for test in ("", "s.one")
    )
    (story,) = stories(tell(judged(tuple(red(cell) for cell in CELLS), told)))
    assert (story.test, story.cells) == ("s.one", CELLS)
    assert title_of(story) == "s.one failed"


def test_two_things_in_one_cell_are_two() -> None:
    told = (
        standing(FIX, Change.NEW_FAILURE, headline="WARNING in f"),
        standing(FIX, Change.NEW_FAILURE, "s.one", headline="s.one failed"),
    )
    found = stories(tell(judged((red(FIX),), told)))
    assert [title_of(each) for each in found] == ["WARNING in f", "s.one failed"]


def test_tests_that_a_crash_silenced_are_told_with_it() -> None:
    told = tuple(
        standing(FIX, Change.NEW_FAILURE, test, headline=headline)
        for test, headline in (("", "BUG: bad page in f"), ("s.one", ""), ("s.two", ""))
    )
    (story,) = stories(tell(judged((crash(FIX),), told, night=night(cells=(FIX,)))))
    assert (story.title, story.mute) == ("BUG: bad page in f", ("s.one", "s.two"))


def test_a_test_that_was_heard_is_not_hidden_by_the_crash() -> None:
    told = (
        standing(FIX, Change.NEW_FAILURE, headline="BUG: bad page in f"),
        standing(FIX, Change.NEW_FAILURE, "s.one"),
    )
    rows = red(FIX).cases
    found = stories(tell(judged((crash(FIX, cases=rows),), told, night=night(cells=(FIX,)))))
    assert [each.test for each in found] == ["", "s.one"]


def test_what_changed_comes_first() -> None:
    order = [each.change.value for each in stories(tell(all_sorts()))]
    assert order[:5] == ["new failure", "flaky", "slower", "fixed", "still failing"]
