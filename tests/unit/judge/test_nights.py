# SPDX-License-Identifier: GPL-2.0-only
"""What a night means: each rule of docs/history.md, with the case that must come out otherwise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from nights_made import (
    BASE,
    PATCHED,
    attempt,
    change,
    judged,
    moment,
    night,
    series,
    standing,
    with_cases,
)

from orchestrator.judge.nights import ORDER, night_verdict
from orchestrator.model.history import NightRuns
from orchestrator.model.night import CaseRow, CaseStatus, Change
from orchestrator.model.verdict import Verdict

NEW, STILL, FIXED = Change.NEW_FAILURE, Change.STILL_FAILING, Change.FIXED
FLAKY, PASSES, NOT_RUN = Change.FLAKY, Change.PASSES, Change.NOT_RUN

# nights (a word each, a letter a run), their sources (a letter each) → what the last one is, and
# the number of the night since when.
ROWS = [
    ("P", "", PASSES, None),
    ("FF", "", NEW, 0),
    ("P P", "", PASSES, None),
    ("P FF", "", NEW, 1),
    ("P FF FF", "", STILL, 1),
    ("FF FF FF", "", STILL, 0),
    ("P FF P", "aab", FIXED, 1),
    ("FF P", "", FIXED, 0),
    ("FF P P", "", PASSES, None),
    # A pass on retry is flaky, whatever was before.
    ("FP", "", FLAKY, 0),
    ("P FP", "ab", FLAKY, 1),
    ("FF FP", "ab", FLAKY, 1),
    # It stays so on the same sources, and not on others.
    ("FP P", "", FLAKY, 0),
    ("FP P P P", "", FLAKY, 0),
    ("FP P", "ab", PASSES, None),
    ("FP FF", "", FLAKY, 0),
    ("FP FF", "ab", STILL, 0),
    # To and fro between nights.
    ("P FF P", "", FLAKY, 1),
    ("P FF P", "aba", FIXED, 1),
    ("FF P FF", "", FLAKY, 0),
    ("FF P FF", "abc", NEW, 2),
    # Nothing but failures for some nights: broken, no longer flaky.
    ("FP FF FF FF", "", STILL, 0),
    ("FP FF FF", "", FLAKY, 0),
    ("FF P FF FF FF", "", STILL, 2),
    # What a host did is neither failure nor repair.
    ("P H", "", NOT_RUN, None),
    ("FF H", "", NOT_RUN, 0),
    ("FF HH FF", "", STILL, 0),
    ("FF HH P", "ab" + "b", FIXED, 0),
    ("P HP", "", PASSES, None),
    ("P HF", "", NEW, 1),
    # Last night did not run it: the last one that did counts.
    ("P - FF", "", NEW, 2),
    ("FF - - FF", "", STILL, 0),
    ("P -", "", NOT_RUN, None),
    ("FF -", "", NOT_RUN, 0),
]


@pytest.mark.parametrize(("nights", "keys", "expected", "since"), ROWS)
@pytest.mark.parametrize("test", ["", "s.one"])
def test_against_the_nights_before(
    nights: str, keys: str, expected: Change, since: int | None, test: str
) -> None:
    found = judged(*series(nights, keys))
    if test and nights.split()[-1] in ("-", "H", "HH"):
        assert standing(found, test) is None, "the cell says it"
        return
    assert change(found, test) is expected
    one = standing(found, test)
    if one:
        assert one.since == ("" if since is None else moment(since))


def test_a_night_that_retried_says_how_often_it_fails() -> None:
    one = standing(judged(*series("P P FP P FP")), "s.one")
    assert one and one.rate
    assert (one.rate.failed, one.rate.runs) == (2, 7)
    assert one.rate.low == pytest.approx(0.0822, abs=1e-4)
    assert one.rate.high == pytest.approx(0.6411, abs=1e-4)


def test_flakiness_is_forgotten_after_ten_green_nights() -> None:
    assert change(judged(*series("FP" + " P" * 9))) is FLAKY
    assert change(judged(*series("FP" + " P" * 10))) is PASSES


def test_where_sources_are_not_known_they_are_not_the_same() -> None:
    nights = [night(n, {BASE: text}, key="") for n, text in enumerate(("FP", "P"))]
    assert change(judged(*nights)) is PASSES


def test_a_night_whose_sources_changed_on_the_way_counts_as_two() -> None:
    """It was interrupted, and went on after somebody mended the tree."""
    tonight = night(1, {BASE: ""})
    runs = (attempt(1, 1, "F", key="a"), attempt(1, 2, "P", key="b"))
    found = judged(night(0, {BASE: "P"}), replace(tonight, attempts=runs))
    assert change(found) is FIXED
    assert change(judged(night(0, {BASE: "P"}), night(1, {BASE: "FP"}))) is FLAKY


def test_a_crash_where_a_test_failed_until_now_is_news() -> None:
    assert change(judged(*series("FF CC"))) is NEW
    assert change(judged(*series("FF CC CC"))) is STILL
    assert change(judged(*series("FP P CC"))) is NEW, "it was flaky, and never crashed"
    assert change(judged(*series("CP P FP CC"))) is FLAKY, "it did"
    counted = [_headed(runs, f"lost {n} works") for n, runs in enumerate(series("FF FF"))]
    assert change(judged(*counted)) is STILL, "another number is no other failure"


def _headed(runs: NightRuns, title: str) -> NightRuns:
    attempts = (replace(one, headline=title, titles=(title,)) for one in runs.attempts)
    return replace(runs, attempts=tuple(attempts))


def test_a_cell_nothing_was_heard_of_is_never_green() -> None:
    planned = judged(night(0, {BASE: "P"}), night(1, {}, planned=(BASE,)))
    assert change(planned) is NOT_RUN
    assert night_verdict(planned) is Verdict.INCOMPLETE, "nothing was run"
    lost = judged(night(0, {BASE: "P", PATCHED: "P"}), night(1, {BASE: "P", PATCHED: ""}))
    assert change(lost, cell=PATCHED) is NOT_RUN
    assert night_verdict(lost) is Verdict.INCOMPLETE
    left_out = judged(night(1, {BASE: "P"}, planned=(PATCHED,)))
    assert night_verdict(left_out) is Verdict.PASS


def test_a_planned_case_nothing_was_heard_of_is_never_green() -> None:
    rows = (CaseRow("s.one", CaseStatus.PASS), CaseRow("s.two", CaseStatus.NONE))
    one = standing(judged(with_cases(night(0, {BASE: "I"}), *rows)), "s.two")
    assert one and one.change is NOT_RUN and "nothing was heard" in one.headline
    assert one.attempts == (f"N0-{BASE}-1",)


def test_a_test_that_is_gone_or_skipped_is_not_fixed() -> None:
    before, tonight = night(0, {BASE: "FF"}), night(1, {BASE: "P"})
    gone = judged(before, with_cases(tonight, CaseRow("s.two", CaseStatus.PASS)))
    one = standing(gone, "s.one")
    assert one and (one.change, one.since) == (NOT_RUN, moment(0))
    skipped = judged(before, with_cases(tonight, CaseRow("s.one", CaseStatus.SKIP)))
    assert change(skipped, "s.one") is NOT_RUN
    always = CaseRow("s.numa", CaseStatus.SKIP)
    found = judged(with_cases(before, always), with_cases(tonight, always))
    assert standing(found, "s.numa") is None, "it never ran on this machine"


def test_a_kernel_that_does_not_build_is_one_line() -> None:
    runs = night(1, {BASE: "F"})
    broken = replace(runs.attempts[0], verdict=Verdict.BUILD_BROKEN, cases=(), headline="no rule")
    found = judged(night(0, {BASE: "P"}), replace(runs, attempts=(broken,)))
    assert [(one.test, one.change, one.headline) for one in found.standings] == [
        ("", NEW, "no rule")
    ]


BASES = [
    ("P", "P", PASSES),
    ("P", "FF", NEW),
    ("FF", "FF", STILL),
    ("FF", "P", FIXED),
    ("FP", "FF", FLAKY),
    ("FP", "P", FLAKY),
    ("P", "FP", FLAKY),
    ("CC", "FF", NEW),
    ("H", "FF", None),
]


@pytest.mark.parametrize(("base", "patched", "expected"), BASES)
def test_against_base(base: str, patched: str, expected: Change | None) -> None:
    found = judged(night(0, {BASE: base, PATCHED: patched}))
    one = standing(found, cell=PATCHED)
    assert one and one.against_base is expected
    own = standing(found)
    assert own and own.against_base is None


def test_what_a_patch_repairs_is_told_though_it_passes_every_night() -> None:
    nights = [night(n, {BASE: "FF", PATCHED: "P"}) for n in range(2)]
    one = standing(judged(*nights), "s.one", PATCHED)
    assert one and (one.change, one.against_base) == (PASSES, FIXED)


def test_base_that_is_flaky_by_itself_proves_nothing_of_the_patch() -> None:
    nights = [
        night(n, {BASE: base, PATCHED: "FF"}) for n, base in enumerate(("FP", "P"))
    ]  # tonight base passed
    one = standing(judged(*nights), cell=PATCHED)
    assert one and one.against_base is FLAKY


def test_worst_first_and_every_cell_told() -> None:
    cells = [replace(BASE, topology=f"n{n}") for n in range(5)]
    before = night(0, dict(zip(cells, ("P", "FF", "FF", "P", "P"), strict=True)))
    tonight = night(1, dict(zip(cells, ("P", "P", "FF", "FP", "FF"), strict=True)))
    found = judged(before, tonight)
    ranks = [ORDER.index(one.change) for one in found.standings]
    assert ranks == sorted(ranks)
    assert {one.cell for one in found.standings if not one.test} == set(cells)
    assert (found.standings[0].cell, found.standings[0].test) == (cells[4], "")
    assert found.previous == before.night
    assert sorted(one.id for one in found.attempts) == sorted(one.id for one in tonight.attempts)


@pytest.mark.parametrize(
    ("runs", "verdict"),
    [
        ("P", Verdict.PASS),
        ("FP", Verdict.FAIL),
        ("FF", Verdict.FAIL),
        ("FC", Verdict.CRASH),
        ("HH", Verdict.INFRASTRUCTURE),
        ("HP", Verdict.PASS),
        ("S", Verdict.SKIP),
    ],
)
def test_the_verdict_of_a_night(runs: str, verdict: Verdict) -> None:
    assert night_verdict(judged(night(0, {BASE: runs}))) is verdict


def test_a_night_in_which_a_host_failed_is_not_green() -> None:
    assert night_verdict(judged(night(0, {BASE: "P", PATCHED: "H"}))) is Verdict.INFRASTRUCTURE
    assert night_verdict(judged(night(0, {BASE: "F", PATCHED: "H"}))) is Verdict.FAIL


def test_a_night_is_not_compared_with_itself() -> None:
    """The history may have been asked while it was under way."""
    found = judged(night(0, {BASE: "F"}), night(0, {BASE: "FF"}))
    assert change(found) is NEW and found.previous is None


def test_a_night_under_way_says_so() -> None:
    runs = night(0, {BASE: "P"})
    under_way = replace(runs, night=replace(runs.night, ended_at=""))
    assert judged(under_way).warnings == ("the night has not come to its end",)
    assert judged(runs).warnings == ()


WORDS = st.lists(st.sampled_from(["P", "FF", "FP", "PF", "H", "-", "S", "CP", "I"]), min_size=1)


@settings(max_examples=300, deadline=None)
@given(WORDS, st.data())
def test_flaky_never_passes(words: list[str], data: st.DataObject) -> None:
    """What both passed and failed tonight is never green, nor fixed."""
    keys = "".join(data.draw(st.sampled_from("ab")) for _ in words)
    tonight = data.draw(st.sampled_from(["FP", "CP", "FHP", "FPP"]))
    nights = series(" ".join([*words, tonight]), keys + "a")
    assert change(judged(*nights)) is FLAKY
    assert night_verdict(judged(*nights)) is not Verdict.PASS


@settings(max_examples=200, deadline=None)
@given(WORDS, st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_told_is_no_matter(
    words: list[str], dice: random.Random
) -> None:
    """Rows come back in any order, may come twice, and may have begun at the same second."""
    nights = series(" ".join(words))
    if dice.random() < 0.5:
        nights = [_at_once(runs) for runs in nights]
    expected = judged(*nights)
    mixed = []
    for runs in nights:
        rows = [*runs.attempts, *runs.attempts[:1]]
        dice.shuffle(rows)
        mixed.append(replace(runs, attempts=tuple(rows)))
    before = [*mixed[:-1], *mixed[:-1][:1]]
    dice.shuffle(before)
    assert judged(*before, mixed[-1]) == expected


def _at_once(runs: NightRuns) -> NightRuns:
    same = (replace(one, started_at=runs.night.started_at) for one in runs.attempts)
    return replace(runs, attempts=tuple(same))


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_each_word_is_earned(words: list[str]) -> None:
    """Green needs a pass and no failure tonight; a failure needs one; fixed, one before."""
    nights = series(" ".join(words))
    letters = set("" if words[-1] == "-" else words[-1]) - {"H"}
    said = change(judged(*nights))
    if said in (PASSES, FIXED):
        assert letters == {"P"}
    if said in (NEW, STILL):
        assert letters and "P" not in letters
    if said is FIXED:
        assert any(set(word) & set("FCI") for word in words[:-1])
    if said is NOT_RUN:
        assert letters <= {"S"}


FAILS, PASS = CaseRow("s.one", CaseStatus.FAIL), CaseRow("s.two", CaseStatus.PASS)


def test_a_failure_in_a_run_that_passes_is_a_known_issue() -> None:
    known = with_cases(night(1, {BASE: "P"}), FAILS, PASS)
    found = judged(night(0, {BASE: "P"}), known)
    assert change(found, "s.one") is Change.KNOWN and change(found) is PASSES
    assert standing(found, "s.one").headline == "s.one failed"  # type: ignore[union-attr]
    assert night_verdict(found) is Verdict.PASS
    red = with_cases(night(1, {BASE: "F"}), FAILS, PASS)
    assert change(judged(night(0, {BASE: "P"}), red), "s.one") is NEW


def test_a_known_issue_is_neither_failure_nor_pass_to_compare_with() -> None:
    known = with_cases(night(1, {BASE: "P"}), FAILS)
    assert change(judged(*series("FF"), known, night(2, {BASE: "FF"})), "s.one") is STILL
    assert change(judged(*series("P"), known, night(2, {BASE: "FF"})), "s.one") is NEW
    assert change(judged(*series("FF"), known, night(2, {BASE: "P"}, key="b")), "s.one") is FIXED
    both = night(0, {BASE: "P", PATCHED: "P"})
    found = judged(with_cases(both, FAILS))
    assert standing(found, "s.one", PATCHED).against_base is None  # type: ignore[union-attr]


def test_a_known_issue_is_one_in_a_run_that_failed_by_something_else_too() -> None:
    mixed = with_cases(night(1, {BASE: "CP"}), FAILS)
    assert change(judged(mixed), "s.one") is Change.KNOWN
    assert change(judged(mixed)) is FLAKY
    worse = with_cases(night(1, {BASE: "FP"}), FAILS)  # whose finding says that s.one failed
    assert change(judged(worse), "s.one") is NEW
