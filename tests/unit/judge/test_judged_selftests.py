# SPDX-License-Identifier: GPL-2.0-only
"""A run of selftests: green is proven as for suites."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from green_case import green_evidence, green_plan, suite, with_splat
from msgspec.structs import replace
from rich.console import Console

from orchestrator.judge.verdict import judge
from orchestrator.model.evidence import Ending, Evidence, Ktap, SuiteRun, TestResult
from orchestrator.model.job import RunResult, Selftests
from orchestrator.model.session import Session, Talk
from orchestrator.model.verdict import Fault, Verdict
from orchestrator.report.document import suite_summaries
from orchestrator.report.junit import junit
from orchestrator.report.text import report

PASSED, FAILED = TestResult.PASSED, TestResult.FAILED
SKIPPED, CRASHED = TestResult.SKIPPED, TestResult.CRASHED
TARGET = Selftests("kcmp", ("case_1", "case_2"), 45)
PLAN = green_plan(suites=(), session=Session(Talk.SELFTESTS), selftests=(TARGET,))


def evidence(*results: TestResult, **guest: Any) -> Evidence:
    green = green_evidence()
    runs = (SuiteRun("kcmp:case_1", 0, 2.0, 3.0), SuiteRun("kcmp:case_2", 0, 3.5, 4.0))
    told = {"suites": (), "session_status": 0, "selftests": runs, **guest}
    return replace(
        green,
        ktap=Ktap((suite("kcmp", *(results or (PASSED, SKIPPED))),)),
        ktap_from="output.log",
        trace=replace(green.trace, events=()),
        placements=(),
        guest=replace(green.guest, **told),
    )


def run(seen: Evidence) -> RunResult:
    verdict, findings = judge(PLAN, seen)
    return RunResult(verdict, findings, Path("/r"), (), "", plan=PLAN, evidence=seen)


def test_green() -> None:
    result = run(evidence())
    assert (result.verdict, result.findings, result.exit_code) == (Verdict.PASS, (), 0)
    assert result.command_status is None
    console = Console(file=io.StringIO(), width=200)
    console.print(report(result))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "(1 passed, 0 failed, 1 skipped)" in shown and "the command" not in shown
    assert [(one.name, one.guest_s) for one in suite_summaries(result)] == [("kcmp", 1.5)]


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ((PASSED, FAILED), Verdict.FAIL),
        ((PASSED, CRASHED), Verdict.INCOMPLETE),
        ((SKIPPED, SKIPPED), Verdict.SKIP),
        ((PASSED,), Verdict.INCOMPLETE),  # not all that were planned
        ((PASSED, PASSED, PASSED), Verdict.INCOMPLETE),
    ],
)
def test_red(results: tuple[TestResult, ...], verdict: Verdict) -> None:
    result = run(evidence(*results))
    assert (result.verdict, result.exit_code) == (verdict, 1)
    assert 'name="verdict"' in junit(result) and 'failures="0" errors="0"' not in junit(result)


@pytest.mark.parametrize("status", [None, 1, 137])
def test_what_runs_them_did_not_come_to_its_end(status: int | None) -> None:
    result = run(evidence(session_status=status))
    assert (result.verdict, result.exit_code) == (Verdict.INCOMPLETE, 1)


def test_their_output_is_damaged() -> None:
    seen = evidence()
    result = run(replace(seen, ktap=replace(seen.ktap, errors=("it ends before its end marker",))))
    assert (result.verdict, result.exit_code) == (Verdict.INCOMPLETE, 1)


@pytest.mark.parametrize("ending", [Ending.RESET, Ending.DEADLINE, Ending.QEMU_DIED])
def test_the_machine_did_not_end_well(ending: Ending) -> None:
    seen = evidence()
    result = run(replace(seen, outcome=replace(seen.outcome, ending=ending)))
    assert result.exit_code in (1, 3)


def test_what_the_kernel_reports_is_its_fault() -> None:
    result = run(replace(evidence(), splats=with_splat("WARNING").splats))
    assert result.verdict is Verdict.FAIL
    assert result.findings[0].fault is Fault.KERNEL


def test_a_failure_points_at_their_output() -> None:
    (finding,) = run(evidence(PASSED, FAILED)).findings
    assert finding.title == "kcmp.case_2 failed"
    assert {line.file for line in finding.evidence} == {"output.log"}
