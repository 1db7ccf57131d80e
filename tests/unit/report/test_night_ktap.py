# SPDX-License-Identifier: GPL-2.0-only
"""KTAP of a night: our own parser takes it without complaint, and it says what JUnit says."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_nights import FIX, HOSTILE, attempt, judged, new_failure, night, nights, red, standing

from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.model.night import CaseRow, Change
from orchestrator.model.night_told import ToldNight, tell
from orchestrator.parse.ktap import parse_ktap
from orchestrator.report.night_junit import night_junit
from orchestrator.report.night_ktap import case_name, night_ktap

RESULT = {
    "failure": TestResult.FAILED,
    "error": TestResult.FAILED,
    "skipped": TestResult.SKIPPED,
    "": TestResult.PASSED,
}


def parsed_tests(told: ToldNight) -> tuple[KtapTest, ...]:
    found = parse_ktap(night_ktap(told).splitlines())
    assert found.errors == ()
    return found.tests


@pytest.mark.parametrize("name", nights())
def test_it_says_what_junit_says(name: str) -> None:
    told = nights()[name]
    suites = ElementTree.fromstring(night_junit(told).encode()).findall("testsuite")
    parsed = parsed_tests(told)
    assert len(parsed) == len(suites) == len(told.cells) + 1
    for suite, test in zip(suites, parsed, strict=True):
        leaves = test.children or (test,)
        cases = suite.findall("testcase")
        assert len(leaves) == len(cases)
        for case, leaf in zip(cases, leaves, strict=True):
            mark = next((tag for tag in RESULT if tag and case.find(tag) is not None), "")
            assert leaf.result is RESULT[mark]
    assert all(test.result is not TestResult.FAILED for test in parsed) == told.green


@pytest.mark.parametrize("name", nights())
def test_names_come_back(name: str) -> None:
    told = nights()[name]
    parsed = parsed_tests(told)
    for cell, test in zip(told.cells, parsed, strict=False):
        assert test.name == case_name(cell.name)
        names = [case_name(case.name) for case in cell.cases]
        assert [child.name for child in test.children] == [*names, "verdict"]


def test_a_failure_is_not_ok_with_its_words() -> None:
    text = night_ktap(tell(new_failure()))
    assert "    # new failure: s.one failed\n    not ok 1 s.one\n" in text
    assert f"\nnot ok 2 {FIX}\n" in text
    assert text.endswith("\nok 4 night\n")


def test_a_name_cannot_turn_a_failure_into_a_skip() -> None:
    rows = (CaseRow("s.one # SKIP it", red(FIX).cases[0].status),)
    told = (standing(FIX, Change.NEW_FAILURE, "s.one # SKIP it"),)
    given = judged((red(FIX, cases=rows),), told, night=night(cells=(FIX,)))
    (suite, _) = parsed_tests(tell(given))
    assert [child.result for child in suite.children] == [TestResult.FAILED, TestResult.FAILED]
    raw = night_ktap(tell(given)).replace("\\x23 SKIP", "# SKIP")
    assert parse_ktap(raw.splitlines()).tests[0].children[0].result is TestResult.SKIPPED


def test_a_hostile_name_adds_no_line() -> None:
    told = nights()["hostile"]
    lines = night_ktap(told).splitlines()
    assert lines == night_ktap(told).split("\n")[:-1]
    assert not any(line.lstrip().startswith("not ok 1 - ") for line in lines)
    assert "\x1b" not in night_ktap(told)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=()), max_size=12), st.sampled_from(["", "s."]))
def test_any_name_parses(name: str, before: str) -> None:
    name = before + name
    rows = (CaseRow(name, red(FIX).cases[0].status), CaseRow(HOSTILE, red(FIX).cases[1].status))
    given = judged((red(FIX, cases=rows), attempt(FIX, 2)), night=night(cells=(FIX,)))
    suite = parsed_tests(tell(given))[0]
    assert suite.children[0].name == case_name(name)
    assert len(suite.children) == len({name, HOSTILE, "s.one", "s.two"}) + 1
