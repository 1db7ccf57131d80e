# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own suites: green only if all that vmlinux has, and the glob lets through, has a
result from before init."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from green_case import SUITES, green_evidence, green_plan, suite, with_splat
from msgspec.structs import replace

from orchestrator.judge.case import Case
from orchestrator.judge.verdict import judge, proven
from orchestrator.model.evidence import AtBoot, Ending, Evidence, KtapTest, TestResult
from orchestrator.model.job import BuiltIn, BuiltInSuite, Plan, RunResult
from orchestrator.model.verdict import Finding, Verdict
from orchestrator.report.document import suite_summaries
from orchestrator.report.junit import junit
from orchestrator.report.ktap import ktap

PASSED, FAILED, SKIPPED = TestResult.PASSED, TestResult.FAILED, TestResult.SKIPPED
LIST, SORT = BuiltInSuite("list", ("case_1", "case_2")), BuiltInSuite("sort", ("case_1",))
PLAN = green_plan(suites=(), kunit=BuiltIn("*", (LIST, SORT)))
GREEN = (suite("list", PASSED, PASSED), suite("sort", PASSED))


def seen(*tests: KtapTest, at_boot: int | None = None, **changes: Any) -> Evidence:
    """The green run with these results, so many of them from before init; all by default."""
    green = green_evidence()
    count = len(tests) if at_boot is None else at_boot
    return replace(
        green,
        ktap=replace(green.ktap, tests=tests),
        at_boot=AtBoot(count, (0.5,) * count),
        guest=replace(green.guest, suites=()),
        trace=replace(green.trace, events=()),
        placements=(),
        **changes,
    )


def judged(evidence: Evidence, plan: Plan = PLAN) -> tuple[Verdict, tuple[Finding, ...]]:
    verdict, findings = judge(plan, evidence)
    if verdict is not Verdict.PASS:
        assert not proven(Case(plan, evidence)) or findings, "the second lock is another one"
    return verdict, findings


def test_all_of_the_plan_is_green() -> None:
    assert judged(seen(*GREEN)) == (Verdict.PASS, ())


RED = {
    "one suite missing": (seen(GREEN[0]), Verdict.INCOMPLETE, "1 of 2 built-in suites left no"),
    "none at all": (seen(), Verdict.INCOMPLETE, "2 of 2 built-in suites left no results"),
    "one case missing": (
        seen(suite("list", PASSED), GREEN[1]),
        Verdict.INCOMPLETE,
        "not all results: list: no result of case_2",
    ),
    "other cases": (
        seen(suite("list", PASSED, PASSED, PASSED), GREEN[1]),
        Verdict.INCOMPLETE,
        "other cases ran than vmlinux has",
    ),
    "a suite without cases": (
        seen(replace(GREEN[0], children=()), GREEN[1]),
        Verdict.INCOMPLETE,
        "no case has a result",
    ),
    "a case failed": (
        seen(suite("list", PASSED, FAILED), GREEN[1]),
        Verdict.FAIL,
        "list.case_2 failed",
    ),
    "another suite ran": (
        seen(*GREEN, suite("more", PASSED)),
        Verdict.INCOMPLETE,
        "were not asked for: more",
    ),
    "twice the same": (seen(*GREEN, GREEN[1]), Verdict.INCOMPLETE, "not asked for: sort"),
    "all skipped": (
        seen(suite("list", SKIPPED, SKIPPED), suite("sort", SKIPPED)),
        Verdict.SKIP,
        "nothing was tested",
    ),
    "written after init": (seen(*GREEN, at_boot=1), Verdict.INCOMPLETE, "left no results: sort"),
}


@pytest.mark.parametrize("what", RED)
def test_red(what: str) -> None:
    evidence, verdict, title = RED[what]
    found, findings = judged(evidence)
    assert found is verdict
    assert title in " ".join(finding.title for finding in findings)


@pytest.mark.parametrize("what", [name for name in RED if name not in ("all skipped",)])
def test_the_second_lock_holds_alone(what: str) -> None:
    assert not proven(Case(PLAN, RED[what][0]))


def test_a_glob_that_matches_nothing_is_no_pass() -> None:
    nothing = green_plan(suites=(), kunit=BuiltIn("x*", ()))
    assert judged(seen(), nothing)[0] is Verdict.SKIP
    besides = replace(nothing, suites=SUITES)
    green = green_evidence()
    assert judge(besides, green)[0] is Verdict.SKIP, "our own suites do not make up for it"
    assert not proven(Case(besides, green))


def test_a_crash_in_the_middle_is_a_crash() -> None:
    begun = suite("list", PASSED, result=TestResult.CRASHED)
    promised = KtapTest("(test 2)", TestResult.CRASHED, line=3)
    crashed = seen(
        begun,
        promised,
        splats=with_splat("oops", fatal=True).splats,
        outcome=replace(green_evidence().outcome, ending=Ending.RESET),
    )
    crashed = replace(crashed, guest=replace(crashed.guest, begun=False, ended=False))
    verdict, findings = judged(crashed)
    assert verdict is Verdict.CRASH
    assert any("left no results: sort" in finding.title for finding in findings)
    assert not any("not asked for" in finding.title for finding in findings)


def test_a_module_of_the_same_name_does_not_stand_in() -> None:
    both = green_plan(suites=SUITES, kunit=BuiltIn("*", (BuiltInSuite(SUITES[0]),)))
    green = green_evidence()
    assert judge(both, green)[0] is Verdict.INCOMPLETE
    first = suite(SUITES[0], PASSED)
    whole = replace(green.ktap, tests=(first, *green.ktap.tests))
    assert judge(both, replace(green, ktap=whole, at_boot=AtBoot(1, (0.1,))))[0] is Verdict.PASS
    # And a built-in suite does not stand in for the module's.
    alone = replace(green.ktap, tests=(first, *green.ktap.tests[1:]))
    assert judge(both, replace(green, ktap=alone, at_boot=AtBoot(1, (0.1,))))[0] is (
        Verdict.INCOMPLETE
    )


def test_a_suite_skipped_as_a_whole_has_its_result() -> None:
    skipped = KtapTest("sort", SKIPPED, line=9, number=2)
    assert judged(seen(GREEN[0], skipped))[0] is Verdict.PASS


def test_reports_have_them() -> None:
    evidence = seen(suite("list", PASSED, FAILED))
    verdict, findings = judged(evidence)
    result = RunResult(verdict, findings, Path("/r"), (), "", plan=PLAN, evidence=evidence)
    rows = suite_summaries(result)
    assert [(row.name, row.counts.failed, row.guest_s) for row in rows] == [
        ("list", 1, 0.5),
        ("sort", 0, None),
    ]
    assert '<testsuite name="list"' in junit(result) and 'time="0.5"' in junit(result)
    assert "not ok 1 list" in ktap(evidence.ktap)
