# SPDX-License-Identifier: GPL-2.0-only
"""What quarantine excuses, and that it excuses nothing else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from nights_made import BASE, PATCHED, change, judged, night, series, standing, with_cases

from orchestrator.judge.night_quarantine import about
from orchestrator.judge.nights import night_verdict
from orchestrator.model.history import NightRuns
from orchestrator.model.night import CaseRow, CaseStatus, Change
from orchestrator.model.standing import Quarantine
from orchestrator.model.verdict import Verdict

ENTRY = Quarantine("s.*", "*", "me", "flaky", "2026-12-01", 4)


@pytest.mark.parametrize("nights", ["FF", "P FF", "FF FF", "FP", "P FF P FF"])
def test_a_failure_that_is_covered_does_not_count(nights: str) -> None:
    found = judged(*series(nights), quarantine=[ENTRY])
    for test in ("", "s.one"):
        one = standing(found, test)
        assert one and (one.change, one.quarantine) == (Change.QUARANTINED, ENTRY)
        assert one.headline, "it is shown all the same"
    assert night_verdict(found) is Verdict.PASS
    assert found.warnings == ()
    assert night_verdict(judged(*series(nights))) is Verdict.FAIL


@pytest.mark.parametrize(
    ("nights", "expected"),
    [
        ("P", Change.PASSES),
        ("FF P", Change.FIXED),
        ("FP P", Change.FLAKY),
        ("H", Change.NOT_RUN),
        ("-", Change.NOT_RUN),
    ],
)
def test_only_failures_are_in_quarantine(nights: str, expected: Change) -> None:
    one = standing(judged(*series(nights), quarantine=[ENTRY]))
    assert one and (one.change, one.quarantine) == (expected, None)


@pytest.mark.parametrize("runs", ["CC", "II", "FC"])
def test_what_is_no_failed_test_is_not_covered(runs: str) -> None:
    found = judged(night(0, {BASE: runs}), quarantine=[ENTRY])
    assert change(found) is Change.NEW_FAILURE
    assert night_verdict(found) is not Verdict.PASS
    whole = replace(ENTRY, tests="*", cells="mine/*")
    assert change(judged(night(0, {BASE: runs}), quarantine=[whole])) is Change.QUARANTINED


def _also(runs: NightRuns, title: str) -> NightRuns:
    attempts = (replace(one, titles=(*one.titles, title)) for one in runs.attempts)
    return replace(runs, attempts=tuple(attempts))


@pytest.mark.parametrize("title", ["WARNING in f", "x.one failed", "s.one leaks 3 threads"])
def test_another_finding_beside_it_counts(title: str) -> None:
    found = judged(_also(night(0, {BASE: "F"}), title), quarantine=[ENTRY])
    assert change(found) is Change.NEW_FAILURE
    assert change(found, "s.one") is Change.QUARANTINED
    assert night_verdict(found) is Verdict.FAIL


def test_another_test_that_fails_or_is_silent_counts() -> None:
    for status in (CaseStatus.FAIL, CaseStatus.NONE):
        rows = (CaseRow("s.one", CaseStatus.FAIL), CaseRow("x.two", status))
        found = judged(with_cases(night(0, {BASE: "F"}), *rows), quarantine=[ENTRY])
        assert change(found) is Change.NEW_FAILURE


def test_where_findings_are_not_told_the_cell_is_not_excused() -> None:
    runs = night(0, {BASE: "F"})
    untold = replace(runs, attempts=tuple(replace(one, titles=()) for one in runs.attempts))
    assert change(judged(untold, quarantine=[ENTRY])) is Change.NEW_FAILURE


@pytest.mark.parametrize("verdict", [Verdict.HANG, Verdict.INCOMPLETE, Verdict.BUILD_BROKEN])
def test_more_than_a_failure_is_more_than_a_failed_test(verdict: Verdict) -> None:
    runs = night(0, {BASE: "F"})
    worse = replace(runs, attempts=tuple(replace(one, verdict=verdict) for one in runs.attempts))
    assert change(judged(worse, quarantine=[ENTRY])) is Change.NEW_FAILURE


def test_only_in_the_cells_it_names() -> None:
    entry = replace(ENTRY, cells="mine/-/*")
    found = judged(night(0, {BASE: "FF", PATCHED: "FF"}), quarantine=[entry])
    assert change(found) is Change.QUARANTINED
    assert change(found, cell=PATCHED) is Change.NEW_FAILURE
    assert night_verdict(found) is Verdict.FAIL


def test_the_last_day_it_holds_and_the_day_after() -> None:
    over = replace(ENTRY, until="2026-11-30")
    assert change(judged(*series("FF"), quarantine=[ENTRY])) is Change.QUARANTINED
    found = judged(*series("FF"), quarantine=[over])
    assert change(found) is Change.NEW_FAILURE
    assert found.warnings == (
        "quarantine of s.* in * was over on 2026-11-30, its failures count (me; line 4)",
    )


def test_an_entry_that_means_nothing_is_a_warning() -> None:
    nights = series("P")
    found = judged(*nights, quarantine=[replace(ENTRY, tests="t.*")])
    assert found.warnings == ("quarantine of t.* in * means no test (me; line 4)",)
    found = judged(*nights, quarantine=[replace(ENTRY, cells="yours/*", line=0)])
    assert found.warnings == ("quarantine of s.* in yours/* means no cell (me)",)
    silent = judged(*series("-"), quarantine=[replace(ENTRY, tests="t.*")])
    assert silent.warnings == (), "what tests the cell has is not known"


def test_of_two_entries_the_first_is_named() -> None:
    second = replace(ENTRY, owner="you")
    one = standing(judged(*series("FF"), quarantine=[ENTRY, second]), "s.one")
    assert one and one.quarantine == ENTRY


@pytest.mark.parametrize(
    ("title", "test", "said"),
    [
        ("s.one failed", "s.one", True),
        ("s.one.p2 failed", "s.one", True),
        ("s failed", "s.*", True),
        ("s.one failed", "s.*", False),
        ("s.one2 failed", "s.one", False),
        ("s.one started and never ended", "s.one", False),
    ],
)
def test_what_a_title_is_about(title: str, test: str, said: bool) -> None:
    assert about(title, test) is said
