# SPDX-License-Identifier: GPL-2.0-only
"""One run, asked for each kind of failure: bad, good, or no word on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.judge.bisect.outcome import outcome
from orchestrator.model.bisect import Check, Outcome
from orchestrator.model.evidence import (
    Ending,
    Evidence,
    Ktap,
    KtapTest,
    TestResult,
    Trace,
    TraceEvent,
    VmOutcome,
)
from orchestrator.model.job import RunResult
from orchestrator.model.verdict import Fault, Finding, Verdict

GOOD, BAD, UNKNOWN = Outcome.GOOD, Outcome.BAD, Outcome.UNKNOWN
CRASH = Finding("splats", Verdict.CRASH, Fault.KERNEL, "Oops in kthread_stop", signature="ab12cd34")
LEAK = Finding("leaks", Verdict.FAIL, Fault.KERNEL, "64 bytes lost in orch_create.on_node")
CUT = Finding("ending", Verdict.INCOMPLETE, Fault.OURS, "the end marker is missing")
RED = Check()


def run(verdict: Verdict, *findings: Finding, **parts: object) -> RunResult:
    evidence = Evidence(VmOutcome(Ending.POWER_OFF, 0, 1.0))
    return RunResult(verdict, findings, Path("r"), (), "", evidence=replace(evidence, **parts))  # type: ignore[arg-type]


def cases(**results: TestResult) -> Ktap:
    leaves = tuple(KtapTest(name, result, 3) for name, result in results.items())
    return Ktap((KtapTest("orch_create", TestResult.PASSED, 9, children=leaves),))


def took(us: float, case: str = "on_node") -> Trace:
    rows = [
        (1.0, "orch_case", {"suite": "orch_create", "case": case}),
        (1.0, "orch_request", {"id": "1", "suite": "orch_create", "kind": "kthread"}),
        (1.0 + us / 1e6, "orch_created", {"id": "1", "err": "0"}),
        (3.5, "orch_case_end", {"suite": "orch_create", "case": case}),
    ]
    return Trace(tuple(TraceEvent(at, 0, "t", 1, name, tuple(f.items())) for at, name, f in rows))


@pytest.mark.parametrize(
    ("check", "result", "expected"),
    [
        (RED, run(Verdict.PASS), GOOD),
        (RED, run(Verdict.CRASH, CRASH), BAD),
        (RED, run(Verdict.FAIL, LEAK), BAD),
        (RED, run(Verdict.INCOMPLETE, CUT), UNKNOWN),
        (RED, run(Verdict.SKIP), UNKNOWN),
        (RED, run(Verdict.INFRASTRUCTURE, CRASH), UNKNOWN),
        (RED, replace(run(Verdict.PASS), evidence=None), UNKNOWN),
        (Check("leak"), run(Verdict.FAIL, LEAK), BAD),
        (Check("leak"), run(Verdict.PASS), GOOD),
        (Check("leak"), run(Verdict.CRASH, CRASH), UNKNOWN),
        (Check("signature", "ab12cd"), run(Verdict.CRASH, CRASH), BAD),
        (Check("signature", "KTHREAD_stop"), run(Verdict.CRASH, CRASH), BAD),
        (Check("signature", "ab12cd"), run(Verdict.FAIL, LEAK), GOOD),
        (Check("signature", "ffffff"), run(Verdict.CRASH, CRASH), UNKNOWN),
        (Check("signature", "ab12cd"), run(Verdict.PASS, replace(CRASH, known="k1")), GOOD),
        (Check("case", "create.a"), run(Verdict.FAIL, ktap=cases(a=TestResult.FAILED)), BAD),
        (Check("case", "create.a"), run(Verdict.HANG, ktap=cases(a=TestResult.CRASHED)), BAD),
        (Check("case", "orch_create.a"), run(Verdict.PASS, ktap=cases(a=TestResult.PASSED)), GOOD),
        (
            Check("case", "create.a"),
            run(Verdict.FAIL, ktap=cases(a=TestResult.PASSED, ab=TestResult.FAILED)),
            GOOD,
        ),
        (Check("case", "create.a"), run(Verdict.CRASH, CRASH), UNKNOWN),
        (Check("case", "create.a"), run(Verdict.PASS, ktap=cases(a=TestResult.SKIPPED)), UNKNOWN),
        (Check("creation", bound=300), run(Verdict.PASS, trace=took(250)), GOOD),
        (Check("creation", bound=300), run(Verdict.PASS, trace=took(350)), BAD),
        (Check("creation", bound=300), run(Verdict.PASS), UNKNOWN),
        (Check("slow", "create.on_node", 3.0), run(Verdict.PASS, trace=took(1)), GOOD),
        (Check("slow", "create.on_node", 2.0), run(Verdict.PASS, trace=took(1)), BAD),
        (Check("slow", "create.other", 2.0), run(Verdict.PASS, trace=took(1)), UNKNOWN),
    ],
)
def test_what_a_run_says(check: Check, result: RunResult, expected: Outcome) -> None:
    found, said, _ = outcome(check, result)
    assert found is expected, said
    assert said and "\n" not in said


def test_parameters_of_a_case_are_the_case() -> None:
    leaf = KtapTest("node1", TestResult.FAILED, 5, diagnostics=("# expected 1",))
    case = KtapTest("a", TestResult.FAILED, 6, children=(leaf,))
    suite = KtapTest("orch_create", TestResult.FAILED, 9, children=(case,))
    found, _, lines = outcome(
        Check("case", "create.a"), run(Verdict.FAIL, LEAK, ktap=Ktap((suite,)))
    )
    assert found is BAD and lines[0].line == 5
