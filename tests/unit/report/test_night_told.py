# SPDX-License-Identifier: GPL-2.0-only
"""What is said of each test and cell, whatever the format; and never that nothing was is green."""

from __future__ import annotations

import pytest
from sample_nights import (
    BASE,
    CELLS,
    FAIL,
    FIX,
    NONE,
    OTHER,
    PASS,
    QUARANTINE,
    SKIP,
    attempt,
    crash,
    green,
    host,
    judged,
    new_failure,
    night,
    red,
    standing,
)

from orchestrator.model.night import Attempt, CaseRow, CaseStatus, Change
from orchestrator.model.night_told import Said, ToldCell, tell
from orchestrator.model.standing import Standing
from orchestrator.model.verdict import Verdict
from orchestrator.report.night_marks import Mark, case_mark, cell_mark


def cell(*attempts: Attempt, standings: tuple[Standing, ...] = ()) -> ToldCell:
    (found,) = tell(judged(attempts, standings, night=night(cells=(FIX,)))).cells
    return found


def runs(*statuses: CaseStatus) -> ToldCell:
    """An attempt for each status of s.one, each of which failed."""
    made = [
        red(FIX, n, cases=(CaseRow("s.one", status),)) for n, status in enumerate(statuses, start=1)
    ]
    return cell(*made)


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ((PASS,), Said.PASS),
        ((FAIL,), Said.FAIL),
        ((SKIP,), Said.SKIP),
        ((NONE,), Said.MISSING),
        ((FAIL, PASS), Said.FLAKY),
        ((PASS, FAIL), Said.FLAKY),
        ((FAIL, NONE), Said.FAIL),
        ((NONE, PASS), Said.PASS),  # of its cell the verdict is flaky: not of the test
        ((NONE, NONE), Said.MISSING),
        ((NONE, SKIP), Said.MISSING),
    ],
)
def test_a_test(statuses: tuple[CaseStatus, ...], said: Said) -> None:
    (case,) = runs(*statuses).cases
    assert case.said is said


@pytest.mark.parametrize(
    ("attempts", "said", "mark"),
    [
        ((attempt(FIX),), Said.PASS, Mark.PASS),
        ((red(FIX),), Said.FAIL, Mark.FAILURE),
        ((red(FIX), attempt(FIX, 2)), Said.FLAKY, Mark.FAILURE),
        ((red(FIX), crash(FIX, 2)), Said.FAIL, Mark.FAILURE),
        ((host(FIX),), Said.HOST, Mark.ERROR),
        ((host(FIX), attempt(FIX, 2)), Said.PASS, Mark.PASS),
        ((host(FIX), red(FIX, 2)), Said.FAIL, Mark.FAILURE),
        ((), Said.NOT_RUN, Mark.ERROR),
        ((attempt(FIX, verdict=Verdict.SKIP),), Said.SKIP, Mark.ERROR),
        ((attempt(FIX, verdict=Verdict.INCOMPLETE),), Said.MISSING, Mark.ERROR),
        ((attempt(FIX, verdict=Verdict.BUILD_BROKEN),), Said.FAIL, Mark.FAILURE),
    ],
)
def test_a_cell(attempts: tuple[Attempt, ...], said: Said, mark: Mark) -> None:
    found = cell(*attempts)
    assert (found.said, cell_mark(found)[0]) == (said, mark)


def test_a_known_issue_is_no_failure_in_a_run_that_passed() -> None:
    rows = (CaseRow("s.one", FAIL),)
    (case,) = cell(attempt(FIX, cases=rows)).cases
    assert (case.said, case_mark(case)) == (Said.KNOWN, (Mark.SKIPPED, "failed, a known issue"))
    assert runs(FAIL).cases[0].said is Said.FAIL
    # Failed once more, in a run that did not pass: then it is none.
    (case,) = cell(attempt(FIX, cases=rows), red(FIX, 2, cases=rows)).cases
    assert case.said is Said.FAIL


def test_a_test_that_is_no_more_is_neither_green_nor_red() -> None:
    gone = (standing(FIX, Change.NOT_RUN, "s.old"),)
    *_, case = cell(attempt(FIX), standings=gone).cases
    assert (case.name, case.said) == ("s.old", Said.GONE)
    assert case_mark(case)[0] is Mark.SKIPPED
    (case,) = cell(host(FIX), standings=gone).cases
    assert case.said is Said.HOST and case_mark(case)[0] is Mark.ERROR


def test_who_answers_for_a_crash_answers_for_what_it_silenced() -> None:
    held = (standing(FIX, Change.QUARANTINED, quarantine=QUARANTINE),)
    given = judged((attempt(BASE), crash(FIX), attempt(OTHER)), held)
    assert tell(given).green
    assert all(case.quarantine for case in tell(given).cells[1].cases)
    assert not tell(judged(given.attempts)).green


def test_a_quarantine_covers_no_failure_of_the_host() -> None:
    told = cell(host(FIX), standings=(standing(FIX, Change.NOT_RUN),))
    assert told.quarantine is None


def test_green_is_all_that_ran_and_something_that_did() -> None:
    assert tell(green()).green
    assert not tell(new_failure()).green
    assert not tell(judged(())).green
    assert not tell(judged((), night=night(not_run=CELLS))).green
    assert tell(judged((attempt(BASE),), night=night(not_run=(FIX, OTHER)))).green
    assert not tell(judged((attempt(BASE),), night=night(not_run=(FIX,)))).green
    assert not tell(judged((attempt(BASE), host(FIX), attempt(OTHER)))).green


def test_an_attempt_at_a_cell_the_night_does_not_name_is_told() -> None:
    told = tell(judged((attempt(BASE), red(OTHER)), night=night(cells=(BASE,))))
    assert [each.cell for each in told.cells] == [BASE, OTHER]
    assert not told.green
