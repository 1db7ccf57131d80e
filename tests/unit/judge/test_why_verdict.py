# SPDX-License-Identifier: GPL-2.0-only
"""Why a verdict: the finding that decided, what green lacked, the next command."""

from __future__ import annotations

from pathlib import Path

import pytest
from green_case import green_evidence, green_plan, suite
from msgspec.structs import replace

from orchestrator.judge.case import Case
from orchestrator.judge.proof import conditions
from orchestrator.judge.verdict import judge
from orchestrator.judge.why import again_command, why_verdict
from orchestrator.model.evidence import Ending, Evidence, Ktap, TestResult, VmOutcome
from orchestrator.model.host_time import HostTime, Starved
from orchestrator.model.job import RunResult
from orchestrator.model.verdict import Verdict
from orchestrator.model.why import WhyVerdict

COMMAND = ("orchestrate", "boot", "--config", "numa", "--run-dir", "/x y", "--json=-")


def run(evidence: Evidence, **changes: object) -> RunResult:
    plan = green_plan()
    verdict, findings = judge(plan, evidence)
    made = RunResult(
        verdict, findings, Path("/runs/r 1"), COMMAND, "2026-11-25T22:00:00+00:00",
        plan=plan, evidence=evidence,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def why(evidence: Evidence, **changes: object) -> WhyVerdict:
    made = run(evidence, **changes)
    return why_verdict(made, made.verdict)


def failed() -> Evidence:
    tests = (
        suite("orch_create", TestResult.PASSED, TestResult.FAILED),
        suite("orch_work", TestResult.PASSED),
    )
    return replace(green_evidence(), ktap=Ktap(tests))


def test_a_green_run_has_all_that_green_needs() -> None:
    told = why(green_evidence())
    assert told.verdict is Verdict.PASS
    assert told.deciding is None
    assert all(each.met for each in told.green)
    assert told.green_too == told.next_commands == ()


def test_a_failed_case_decides_and_is_named() -> None:
    told = why(failed())
    assert told.deciding is not None
    assert told.deciding.title == "orch_create.case_2 failed"
    assert told.deciding.evidence
    assert [each.needed for each in told.green if not each.met] == ["no case failed"]
    assert told.next_commands == (
        "orchestrate boot --config numa --suite orch_create",
        "orchestrate shrink '/runs/r 1'",
    )


@pytest.mark.parametrize(
    "word", ["--suite", "--case", "--case=create.case_2", "--kselftest", "--kunit=x"]
)
def test_a_command_that_names_its_suite_is_not_given_another(word: str) -> None:
    command = ("orchestrate", "boot", word, "create")
    told = why_verdict(replace(run(failed()), command=command), Verdict.FAIL)
    assert "orch_create" not in told.next_commands[0]


def test_a_crash_outranks_a_failed_case() -> None:
    evidence = replace(failed(), outcome=replace(failed().outcome, ending=Ending.RESET))
    told = why(evidence)
    assert told.verdict is Verdict.CRASH
    assert told.deciding is not None
    assert told.deciding.verdict is Verdict.CRASH
    assert "orch_create.case_2 failed" in {one.title for one in told.outranked}


def test_what_was_laid_on_the_host_is_said() -> None:
    host = HostTime(starved=(Starved(1.0, 40.0, 0.5, ("orch_create",)),))
    outcome = replace(failed().outcome, host=host)
    told = why(replace(failed(), outcome=outcome))
    assert told.verdict is Verdict.INFRASTRUCTURE
    assert any("orch_create.case_2 failed" in text for text in told.host)
    assert told.next_commands == ("orchestrate boot --config numa",)


def test_a_run_without_a_boot_lacks_a_machine() -> None:
    made = replace(run(green_evidence()), verdict=Verdict.BUILD_BROKEN, plan=None, evidence=None)
    told = why_verdict(made, Verdict.BUILD_BROKEN)
    assert [each.met for each in told.green] == [False]
    assert told.next_commands[0] == "less '/runs/r 1'/build.log"


def test_another_verdict_than_before_is_said() -> None:
    made = run(failed())
    assert why_verdict(made, Verdict.PASS).judged_before == "pass"
    assert why_verdict(made, Verdict.FAIL).judged_before == ""


def test_every_condition_can_fail() -> None:
    green = Case(green_plan(), green_evidence())
    names = {each.needed for each in conditions(green)}
    bare = Case(green_plan(suites=()), Evidence(VmOutcome(Ending.RESET, 0, 1.0)))
    unmet = {each.needed for each in conditions(bare) if not each.met}
    unmet |= {each.needed for each in conditions(Case(green_plan(), failed())) if not each.met}
    silent = replace(green_evidence(), ktap=Ktap((), errors=("cut off",)))
    unmet |= {each.needed for each in conditions(Case(green_plan(), silent)) if not each.met}
    assert unmet == names


def test_a_command_is_repeated_without_its_places() -> None:
    assert again_command(COMMAND) == "orchestrate boot --config numa"
    assert again_command(("orchestrate", "boot", "--json", "a", "--suite", "b c")) == (
        "orchestrate boot --suite 'b c'"
    )
