# SPDX-License-Identifier: GPL-2.0-only
"""Which failure a run shows, and which other runs show the same."""

from __future__ import annotations

import pytest
from green_case import green_evidence, green_plan, suite
from msgspec.structs import replace

from orchestrator.judge.shrink import (
    choose,
    failures,
    named_cases,
    named_suites,
    outcome,
    shows,
    target_of,
)
from orchestrator.model.evidence import Ktap, SuiteRun, TestResult
from orchestrator.model.job import RunResult
from orchestrator.model.shrink import Outcome
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

FAILED = Finding(
    "ktap", Verdict.FAIL, Fault.KERNEL, "orch_work.case_2 failed", signature="a1b2c3d4"
)
SPLAT = Finding("splats", Verdict.CRASH, Fault.KERNEL, "Oops in kthread_stop (2 times)")
HOST = replace(FAILED, verdict=Verdict.INFRASTRUCTURE, fault=Fault.OURS, host="stood still")
KNOWN = replace(SPLAT, known="old")


def run(*findings: Finding, verdict: Verdict | None = None) -> RunResult:
    tests = (
        suite("orch_create", TestResult.PASSED),
        suite("orch_work", TestResult.PASSED, TestResult.FAILED),
    )
    evidence = replace(green_evidence(), ktap=Ktap(tests))
    worst = verdict or (findings[0].verdict if findings else Verdict.PASS)
    return RunResult(worst, findings, None, (), "now", plan=green_plan(), evidence=evidence)  # type: ignore[arg-type]


def test_what_is_known_or_the_hosts_is_no_failure() -> None:
    assert failures(run(HOST, KNOWN, FAILED)) == (FAILED,)


@pytest.mark.parametrize(
    ("finding", "same"),
    [
        (FAILED, True),
        (replace(FAILED, title="orch_work.case_2 failed otherwise"), True),  # by signature
        (replace(FAILED, signature="ffffffff"), False),
        (replace(FAILED, verdict=Verdict.CRASH), False),
        (replace(FAILED, known="id"), False),
        (SPLAT, False),
    ],
)
def test_the_same_is_verdict_and_signature(finding: Finding, same: bool) -> None:
    assert shows(target_of(FAILED), finding) is same


@pytest.mark.parametrize(
    ("finding", "same"),
    [
        (SPLAT, True),
        (replace(SPLAT, title="Oops in kthread_stop (17 times)"), True),
        (replace(SPLAT, title="Oops in kthread_park (2 times)"), False),
        (replace(SPLAT, check="ending"), False),
    ],
)
def test_or_check_and_title_without_numbers(finding: Finding, same: bool) -> None:
    assert shows(target_of(SPLAT), finding) is same


@pytest.mark.parametrize(
    ("result", "word"),
    [
        (run(FAILED), Outcome.SAME),
        (run(SPLAT, FAILED), Outcome.SAME),  # and something else besides
        (run(SPLAT), Outcome.OTHER),
        (run(), Outcome.GREEN),
        (run(verdict=Verdict.SKIP), Outcome.OTHER),
        (run(verdict=Verdict.INCOMPLETE), Outcome.OTHER),
        (run(HOST), Outcome.UNKNOWN),
        (run(KNOWN, verdict=Verdict.PASS), Outcome.GREEN),
    ],
)
def test_what_a_run_shows(result: RunResult, word: Outcome) -> None:
    assert outcome(target_of(FAILED), result)[0] is word


def test_a_failed_case_is_tried_alone_and_all_cases_of_a_crash() -> None:
    assert named_cases(FAILED, run(FAILED)) == (("orch_work", "case_2"),)
    assert named_cases(SPLAT, run(SPLAT)) == (
        ("orch_work", "case_2"),
        ("orch_create", "case_1"),
        ("orch_work", "case_1"),
    )
    unbooted = replace(run(SPLAT), evidence=None)
    assert named_cases(SPLAT, unbooted) == named_suites(SPLAT, unbooted) == ()


def test_the_case_in_which_a_report_stands_comes_first() -> None:
    """Results stand behind what happened in a case: at 11, 11 and 12."""
    log = green_evidence().log_from
    for line, case in ((5, ("orch_create", "case_1")), (12, ("orch_work", "case_2"))):
        there = replace(SPLAT, evidence=(EvidenceLine(log, line, "Oops"),))
        assert named_cases(there, run(there))[0] == case
        assert named_suites(there, run(there)) == (case[0],)
    elsewhere = replace(SPLAT, evidence=(EvidenceLine("other.log", 5, "Oops"),))
    assert named_cases(elsewhere, run(elsewhere))[0] == ("orch_work", "case_2")
    behind = replace(SPLAT, evidence=(EvidenceLine(log, 99, "Oops"),))
    assert named_cases(behind, run(behind))[0] == ("orch_work", "case_2")


@pytest.mark.parametrize("name", ["*", "a b", "x.y", "ä", "-x", "a\n", "$(x)"])
def test_a_pattern_is_no_case(name: str) -> None:
    result = run(SPLAT)
    assert result.evidence
    tests = (suite("orch_work", TestResult.PASSED),)
    hostile = replace(tests[0], children=(replace(tests[0].children[0], name=name),))
    evidence = replace(result.evidence, ktap=Ktap((hostile,)))
    assert named_cases(SPLAT, replace(result, evidence=evidence)) == ()


def test_the_suite_that_never_ended_is_likely() -> None:
    assert named_suites(FAILED, run(FAILED)) == ("orch_work",)
    result = run(SPLAT)
    assert result.evidence
    runs = (SuiteRun("orch_create", None, 1.0, None), SuiteRun("orch_work", 0, 1.0, 2.0))
    guest = replace(result.evidence.guest, suites=runs)
    hung = replace(result, evidence=replace(result.evidence, guest=guest))
    assert named_suites(SPLAT, hung)[0] == "orch_create"


def test_a_finding_is_chosen_by_signature_or_title() -> None:
    found = (SPLAT, FAILED)
    assert choose(found, "") is SPLAT
    assert choose(found, "a1b2c3") is FAILED
    assert choose(found, "CASE_2") is FAILED
    assert choose(found, "a1") is None and choose((), "") is None


def test_what_the_host_did_is_told() -> None:
    assert outcome(target_of(FAILED), run(HOST))[1] == "orch_work.case_2 failed; stood still"
