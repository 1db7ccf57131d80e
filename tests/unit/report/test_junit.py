# SPDX-License-Identifier: GPL-2.0-only
"""JUnit: well-formed whatever the names, red exactly if the run is."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_results import HOSTILE, TAME, green_tests, run_result, unbooted, with_known

from orchestrator.model.evidence import Ktap, KtapTest, TestResult
from orchestrator.model.verdict import Verdict
from orchestrator.report.junit import junit

BAD = KtapTest("bad", TestResult.FAILED, 4, 1, diagnostics=("# bad: why",))
KNOWN_SUITE = KtapTest(TAME, TestResult.FAILED, 7, 1, children=(BAD,), planned=1)
RED = [verdict for verdict in Verdict if verdict is not Verdict.PASS]


def marks(text: str) -> dict[str, int]:
    """How many of each verdict on a case, and what the suites' own sums say."""
    root = ElementTree.fromstring(text.encode())
    found = {name: len(root.findall(f".//testcase/{name}")) for name in ("failure", "error")}
    found["skipped"] = len(root.findall(".//testcase/skipped"))
    for name, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        sums = [int(suite.get(attribute, "-99")) for suite in root.iter("testsuite")]
        assert sum(sums) == found[name]
    return found


def test_a_green_run_has_no_mark() -> None:
    text = junit(run_result(Verdict.PASS, results=green_tests()))
    assert marks(text) == {"failure": 0, "error": 0, "skipped": 0}
    assert len(ElementTree.fromstring(text).findall(".//testcase")) == 3


@pytest.mark.parametrize("verdict", RED)
@pytest.mark.parametrize("results", [(), green_tests()])
def test_a_red_run_has_one_even_if_its_cases_are_green(
    verdict: Verdict, results: tuple[KtapTest, ...]
) -> None:
    found = marks(junit(run_result(verdict, results=results)))
    assert found["failure"] + found["error"] == 1
    assert found["error"] == (verdict is Verdict.INFRASTRUCTURE)


@pytest.mark.parametrize("verdict", RED)
def test_a_run_without_a_boot_is_red_too(verdict: Verdict) -> None:
    found = marks(junit(unbooted(verdict)))
    assert found["failure"] + found["error"] == 1


def test_each_result_has_its_mark_and_its_words() -> None:
    text = junit(run_result(Verdict.FAIL))
    assert marks(text) == {"failure": 2, "error": 1, "skipped": 1}
    root = ElementTree.fromstring(text)
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert {case.get("classname") for case in cases.values()} == {TAME, "orchestrate"}
    assert f"{TAME} expected 1" in (cases[f"{TAME}_bad"].findtext("failure") or "")
    assert cases[f"{TAME}_not"].find("skipped").get("message") == f"no {TAME}"  # type: ignore[union-attr]
    assert f"fail: {TAME} failed" in (cases["verdict"].findtext("failure") or "")
    suite = root.find(f"testsuite[@name='{TAME}']")
    assert suite is not None and float(suite.get("time", "0")) == 0.25


def test_cases_of_a_parameterised_test_carry_its_name() -> None:
    inner = KtapTest("per_node", TestResult.PASSED, 3, 1, children=(
        KtapTest("node 0", TestResult.PASSED, 2, 1),
    ))  # fmt: skip
    whole = replace(green_tests()[0], children=(inner,))
    root = ElementTree.fromstring(junit(run_result(Verdict.PASS, results=(whole,))))
    assert [case.get("name") for case in root.iter("testcase")] == ["per_node.node 0", "verdict"]


def test_hostile_names_leave_the_xml_whole() -> None:
    text = junit(run_result(Verdict.CRASH, HOSTILE))
    assert marks(text)["failure"] == 2
    suite = ElementTree.fromstring(text.encode()).find("testsuite")
    assert suite is not None and "[/red][bold]<a&b>\"']]>" in suite.get("name", "")


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=20))
def test_any_name_parses(name: str) -> None:
    leaf = KtapTest(name, TestResult.FAILED, 1, 1, diagnostics=(name, name))
    result = run_result(
        Verdict.FAIL, results=(leaf, KtapTest(name, TestResult.SKIPPED, 2, 2, name))
    )
    assert result.evidence is not None
    result = replace(result, evidence=replace(result.evidence, ktap=Ktap((leaf,))))
    assert marks(junit(result))["failure"] == 2


def test_a_known_failure_is_skipped_and_named_by_the_verdict() -> None:
    result = run_result(Verdict.FAIL, results=(KNOWN_SUITE,))
    finding = replace(result.findings[0], title=f"{TAME}.bad failed", check="ktap")
    red = junit(replace(result, findings=(finding,)))
    assert marks(red) == {"failure": 2, "error": 0, "skipped": 0}
    text = junit(with_known(replace(result, findings=(finding,))))
    assert marks(text) == {"failure": 0, "error": 0, "skipped": 1}
    root = ElementTree.fromstring(text.encode())
    skipped = root.find(".//testcase[@name='bad']/skipped")
    assert skipped is not None and "known issue it: why" in skipped.get("message", "")
    said = root.findtext(".//testcase[@name='verdict']/system-out") or ""
    assert said.startswith("1 known issue\nknown issue it: fail: ")


def test_a_failure_beside_a_known_one_stays_a_failure() -> None:
    other = replace(KNOWN_SUITE, name="orch_other")
    result = run_result(Verdict.FAIL, results=(KNOWN_SUITE, other))
    finding = replace(result.findings[0], title=f"{TAME}.bad failed", check="ktap")
    text = junit(with_known(replace(result, findings=(finding,))))
    assert marks(text) == {"failure": 1, "error": 0, "skipped": 1}


@pytest.mark.parametrize("name", [TAME, HOSTILE])
def test_known_issues_are_well_formed_whatever_their_names(name: str) -> None:
    ElementTree.fromstring(junit(with_known(run_result(Verdict.FAIL, name), name)).encode())


def test_a_case_that_the_host_may_have_failed_is_an_error() -> None:
    result = run_result(Verdict.INFRASTRUCTURE, results=(KNOWN_SUITE,))
    finding = replace(
        result.findings[0],
        verdict=Verdict.INFRASTRUCTURE,
        title=f"{TAME}.bad failed",
        host="the host stood still for 40 s",
    )
    text = junit(replace(result, findings=(finding,)))
    assert marks(text)["failure"] == 0
    assert "failed, but the host stood still for 40 s" in text
