# SPDX-License-Identifier: GPL-2.0-only
"""Run results to report on: one with everything in it, tame or hostile, for any verdict."""

from __future__ import annotations

import datetime
from pathlib import Path

from msgspec.structs import replace

from orchestrator.model.evidence import (
    Ending,
    Evidence,
    GuestReport,
    Ktap,
    KtapTest,
    Placement,
    Splat,
    SuiteRun,
    TestResult,
    Trace,
    TraceEvent,
    VmOutcome,
)
from orchestrator.model.job import Accelerator, Plan, RunResult, StageTime
from orchestrator.model.known import KnownIssue, Proof
from orchestrator.model.topology import GuestNode, Node, Topology
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

TAME = "orch_create"
# A terminal escape, console markup that does not balance, XML, a lone surrogate, C1, bidi.
HOSTILE = "\x1b[2J\x1b]0;title\x07[/red][bold]<a&b>\"']]>\udcff\x9b31m\u202e\ufffe\n\ttail"


def mixed_tests(name: str) -> tuple[KtapTest, ...]:
    leaves = (
        KtapTest(f"{name}_ok", TestResult.PASSED, 3, 1),
        KtapTest(f"{name}_bad", TestResult.FAILED, 4, 2, diagnostics=(f"# {name} expected 1",)),
        KtapTest(f"{name}_gone", TestResult.CRASHED, 5, 3),
        KtapTest(f"{name}_not", TestResult.SKIPPED, 6, 4, directive=f"no {name}"),
    )
    return (KtapTest(name, TestResult.FAILED, 7, 1, children=leaves, planned=4),)


def green_tests() -> tuple[KtapTest, ...]:
    leaves = (KtapTest("ok_1", TestResult.PASSED, 3, 1), KtapTest("ok_2", TestResult.PASSED, 4, 2))
    return (KtapTest(TAME, TestResult.PASSED, 5, 1, children=leaves, planned=2),)


def run_result(
    verdict: Verdict, name: str = TAME, results: tuple[KtapTest, ...] | None = None
) -> RunResult:
    """A result with every field filled; `name` stands wherever a guest or a user may write."""
    finding = Finding(
        "ktap", verdict, Fault.KERNEL, f"{name} failed", (EvidenceLine("dmesg.log", 4, name),), name
    )
    topology = Topology("two", name, (Node(0, (0,), 256), Node(1, (), 256)))
    evidence = Evidence(
        outcome=VmOutcome(Ending.POWER_OFF, 0, 3.0, 1.2, detail=name),
        guest=GuestReport(
            begun=True,
            ended=True,
            nodes=(GuestNode(0, (0,), 1 << 18, (10, 20)), GuestNode(1, (), 1 << 18, (20, 10))),
            suites=(SuiteRun(name, 0, 1.0, 1.25),),
        ),
        ktap=Ktap(mixed_tests(name) if results is None else results),
        splats=(Splat("WARNING", name, 9, name, (name,)),),
        trace=Trace((TraceEvent(1.0, 0, name, 2, "task_newtask", ((name, name),), 1),)),
        placements=(Placement(name, "t", 1, 1, 1, 0, 0), Placement(name, "u", -1, 0, 0, 0, 0)),
    )
    return RunResult(
        verdict=verdict,
        findings=() if verdict is Verdict.PASS else (finding,),
        run_dir=Path("runs") / name.replace("/", ""),
        command=("orchestrate", "boot", name),
        started_at="2026-11-23T12:00:00+00:00",
        tree_origin=name,
        kernel_release="7.3.4",
        config="numa",
        patches=(name,),
        plan=Plan("0123456789abcdef", (name, "orch_unheard"), topology, True, True),
        accelerator=Accelerator("tcg", "max", name),
        evidence=evidence,
        stages=(StageTime("build", 12.5), StageTime("boot", 3.0, True)),
        notes=(name,),
        keys=(("kernel", "0123456789abcdef"),),
    )


def unbooted(verdict: Verdict) -> RunResult:
    """A run that ended before there was a machine."""
    return replace(run_result(verdict), plan=None, evidence=None, accelerator=None)


def with_known(result: RunResult, issue_id: str = "it") -> RunResult:
    """The same result, green, with its findings known under this id."""
    proof = Proof("base/run.json", "7.3.4", "upstream", "numa", "", ("0123456789ab",))
    last_day = datetime.date(2027, 1, 31)
    issue = KnownIssue(issue_id, "who", "why", last_day, title=issue_id, proof=proof)
    return replace(
        result,
        verdict=Verdict.PASS,
        findings=tuple(replace(one, known=issue_id) for one in result.findings),
        known_issues=(issue,),
    )
