# SPDX-License-Identifier: GPL-2.0-only
"""A known issue excuses what was seen before the patch, and nothing else."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from green_case import (
    SUITES,
    damaged,
    green_evidence,
    green_plan,
    judged,
    results,
    suite,
    with_splat,
)
from msgspec.structs import replace

from orchestrator.judge.known import objections
from orchestrator.judge.signing import signed
from orchestrator.judge.verdict import judge
from orchestrator.model.evidence import Ending, Evidence, KtapTest, TestResult, VmOutcome
from orchestrator.model.known import Excuses, KnownIssue, Proof
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

RELEASE = "7.3.4"
TODAY = datetime.date(2026, 11, 24)
LAST = datetime.date(2026, 12, 31)
SEEN = "0123456789ab"


def issue(seen: str = SEEN, **changes: Any) -> KnownIssue:
    proof = Proof(
        "base/run.json", RELEASE, "upstream", "numa", "2026-11-01T00:00:00+00:00", (seen,)
    )
    return replace(KnownIssue("it", "who", "why", LAST, signature=seen, proof=proof), **changes)


def excuses(*issues: KnownIssue, **changes: Any) -> Excuses:
    return replace(Excuses(issues, RELEASE, TODAY), **changes)


def warned(kind: str = "WARNING", signature: str = SEEN) -> Evidence:
    evidence = with_splat(kind)
    return replace(evidence, splats=(replace(evidence.splats[0], signature=signature),))


def verdict(evidence: Evidence, against: Excuses | None) -> tuple[Verdict, list[str]]:
    found, findings = judge(green_plan(), evidence, against)
    return found, [finding.known for finding in findings]


@pytest.mark.parametrize("kind", ["WARNING", "KASAN", "rcu-stall"])
def test_a_known_finding_lets_a_whole_run_pass_and_stays_in_sight(kind: str) -> None:
    assert verdict(warned(kind), None)[0] is not Verdict.PASS
    assert verdict(warned(kind), excuses(issue())) == (Verdict.PASS, ["it"])


def test_one_matched_by_title_must_have_the_proven_signature() -> None:
    by_title = issue(signature="", title="WARNING in ?")
    assert verdict(warned(), excuses(by_title)) == (Verdict.PASS, ["it"])
    assert verdict(warned(signature="ba9876543210"), excuses(by_title)) == (Verdict.FAIL, [""])
    assert verdict(warned(), excuses(replace(by_title, title="WARNING in g")))[0] is Verdict.FAIL


# What is wrong with the entry or the run → words of the objection, "" for none
DISQUALIFIED = [
    ({"signature": "ba9876543210"}, {}, ""),
    ({"proof": None}, {}, "there is no proof"),
    ({"refused": "its proof cannot be read"}, {}, "its proof cannot be read"),
    ({"expires": datetime.date(2026, 11, 23)}, {}, "expired on 2026-11-23"),
    ({}, {"today": datetime.date(2027, 1, 1)}, "expired on 2026-12-31"),
    ({}, {"release": "7.3.5"}, "its proof is of 7.3.4, this is 7.3.5"),
]


@pytest.mark.parametrize(("entry", "run", "why"), DISQUALIFIED)
def test_an_entry_that_does_not_hold_leaves_the_run_red(
    entry: dict[str, Any], run: dict[str, Any], why: str
) -> None:
    against = excuses(issue(**entry), **run)
    assert verdict(warned(), against) == (Verdict.FAIL, [""])
    said = objections(judge(green_plan(), warned(), against)[1], against)
    assert bool(said) == bool(why)
    assert all(why in line and "known issue it does not count" in line for line in said)


def test_it_holds_through_its_last_day() -> None:
    assert verdict(warned(), excuses(issue(), today=LAST))[0] is Verdict.PASS


def test_an_unknown_finding_beside_it_stays_the_verdict() -> None:
    failed = results(suite(SUITES[0], TestResult.FAILED), suite(SUITES[1], TestResult.PASSED))
    both = replace(warned(), ktap=failed.ktap)
    found, known = verdict(both, excuses(issue()))
    assert found is Verdict.FAIL
    assert sorted(known) == ["", "it"]


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": VmOutcome(Ending.RESET, 0, 2.0)},
        {"guest": damaged("guest", ended=False).guest},
        {"trace": damaged("trace", ended=False).trace},
        {"ktap": results(suite(SUITES[0], TestResult.PASSED)).ktap},
        {"ktap": results(*(suite(name, TestResult.SKIPPED) for name in SUITES)).ktap},
    ],
)
def test_it_stands_in_for_nothing_that_is_missing(changes: dict[str, Any]) -> None:
    found, _ = verdict(replace(warned("KASAN"), **changes), excuses(issue()))
    assert found is Verdict.CRASH, "the worst of all findings, known or not"


def test_a_finding_of_something_missing_is_never_known() -> None:
    lost = damaged("log", lost=3)
    (finding,) = judged(lost)[1]
    against = excuses(issue(finding.signature))
    assert verdict(lost, against) == (Verdict.INCOMPLETE, [""])
    assert "something missing" in objections(judge(green_plan(), lost, against)[1], against)[0]


def case(text: str, line: int = 88) -> Evidence:
    """A failed case that says what it expected."""
    words = (f"# case_2: EXPECTATION FAILED at a.c:{line}", f"Expected {text}, but")
    failed = suite(SUITES[0], TestResult.PASSED, TestResult.FAILED)
    bad = replace(failed.children[1], diagnostics=words)
    return results(
        replace(failed, children=(failed.children[0], bad)), suite(SUITES[1], TestResult.PASSED)
    )


def test_a_failed_case_can_be_known_and_no_other_failure_with_it() -> None:
    (finding,) = judged(case("x == 1"))[1]
    against = excuses(issue(finding.signature))
    assert verdict(case("x == 1"), against) == (Verdict.PASS, ["it"])
    assert verdict(case("x == 1", line=99), against)[0] is Verdict.PASS
    assert verdict(case("y == 1"), against)[0] is Verdict.FAIL, "it fails for another reason"
    worse = case("x == 1")
    more: KtapTest = suite(SUITES[1], TestResult.FAILED)
    worse = replace(worse, ktap=replace(worse.ktap, tests=(worse.ktap.tests[0], more)))
    assert verdict(worse, against)[0] is Verdict.FAIL


def test_without_a_list_and_with_an_empty_one_nothing_changes() -> None:
    for evidence in (green_evidence(), warned(), case("x")):
        plain = judge(green_plan(), evidence)
        assert judge(green_plan(), evidence, excuses()) == plain
        assert all(finding.signature and not finding.known for finding in plain[1])


def test_a_report_without_a_signature_is_never_known() -> None:
    against = excuses(issue("", signature="", title="WARNING in f"))
    assert verdict(warned(signature=""), against) == (Verdict.FAIL, [""])


def test_signatures_of_findings_forget_numbers_and_keep_names() -> None:
    def sign(title: str, *texts: str) -> str:
        lines = tuple(EvidenceLine("dmesg.log", n, text) for n, text in enumerate(texts))
        return signed(Finding("ktap", Verdict.FAIL, Fault.KERNEL, title, lines)).signature

    assert sign("a failed", "x EXPECTATION FAILED at a.c:1") == sign(
        "a failed", "[ 9.1] other words", "x EXPECTATION FAILED at a.c:77"
    )
    assert sign("a failed") != sign("b failed")
    assert sign("lost 5 records") == sign("lost 66 records")
    assert sign("a failed", "Expected x == 1") != sign("a failed", "Expected x == 2")
