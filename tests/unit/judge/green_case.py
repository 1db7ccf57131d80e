# SPDX-License-Identifier: GPL-2.0-only
"""One complete green run, in the model's own types, and short ways to damage it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from orchestrator.judge.verdict import judge
from orchestrator.model.evidence import (
    Ending,
    Evidence,
    GuestReport,
    KernelLog,
    Ktap,
    KtapTest,
    LogRecord,
    Placement,
    Splat,
    SuiteRun,
    TestResult,
    Trace,
    TraceEvent,
    VmOutcome,
)
from orchestrator.model.job import Plan
from orchestrator.model.topology import GuestNode, Node, Topology
from orchestrator.model.verdict import Finding, Verdict

SUITES = ("orch_create", "orch_work")
CPULESS = 2  # the node without CPUs

TOPOLOGY = Topology(
    "three",
    "two nodes with CPUs, one without",
    (Node(0, (0, 1), 512), Node(1, (2,), 512), Node(CPULESS, (), 256)),
    ((10, 20, 30), (20, 10, 30), (30, 30, 10)),
)


def green_plan(**changes: Any) -> Plan:
    plan = Plan("0123456789abcdef", SUITES, TOPOLOGY, numa=True, strict_affinity=True)
    return replace(plan, **changes)


def suite(name: str, *results: TestResult, **changes: Any) -> KtapTest:
    """A suite with one case a result: case_1, case_2, ..."""
    cases = tuple(
        KtapTest(f"case_{number}", result, line=10 + number, number=number)
        for number, result in enumerate(results, start=1)
    )
    bad = {TestResult.FAILED, TestResult.CRASHED} & set(results)
    outcome = TestResult.FAILED if bad else TestResult.PASSED
    whole = KtapTest(name, outcome, line=20, number=1, children=cases, planned=len(cases))
    return replace(whole, **changes)


def event(name: str, pid: int, line: int, /, **fields: str) -> TraceEvent:
    return TraceEvent(1.0 + line / 1000, 0, "task", pid, name, tuple(fields.items()), line)


def newtask(pid: int, line: int, flags: str = "800700", by: int = 2) -> TraceEvent:
    """task_newtask as kthreadd (pid 2) emits it."""
    return event("task_newtask", by, line, pid=str(pid), comm="kthreadd", clone_flags=flags)


def work(asked: int, cpu_node: int, line: int) -> TraceEvent:
    return event("orch_work", 101, line, asked=str(asked), cpu="0", cpu_node=str(cpu_node))


def created(number: int, pid: int, line: int, err: str = "0") -> TraceEvent:
    return event("orch_created", 90, line, id=str(number), pid=str(pid), err=err)


EVENTS = (
    event("orch_request", 90, 1, id="1", node="0"),
    newtask(101, 2),
    created(1, 101, 3),
    event("orch_request", 90, 4, id="2", node="1"),
    newtask(102, 5),
    created(2, 102, 6),
    event("orch_request", 90, 7, id="3", node="2"),
    created(3, 0, 8, err="-4"),  # a creator that was killed: no thread, and none is missed
    work(0, 0, 9),
    work(1, 1, 10),
    work(CPULESS, 0, 11),
)

NODES = tuple(
    GuestNode(node.id, node.cpus, (node.mem_mib - 40) << 10, row)
    for node, row in zip(TOPOLOGY.nodes, TOPOLOGY.distances, strict=True)
)


def green_evidence() -> Evidence:
    return Evidence(
        outcome=VmOutcome(Ending.POWER_OFF, 0, wall_s=3.0, boot_s=1.2),
        guest=GuestReport(
            begun=True,
            ended=True,
            kernel_release="7.3.4",
            nodes=NODES,
            suites=(SuiteRun(SUITES[0], 0, 1.0, 1.5), SuiteRun(SUITES[1], 0, 1.5, 2.0)),
        ),
        ktap=Ktap(
            (
                suite(SUITES[0], TestResult.PASSED, TestResult.SKIPPED),
                suite(SUITES[1], TestResult.PASSED),
            )
        ),
        trace=Trace(EVENTS, ended=True),
        placements=(
            Placement(SUITES[0], "a", 0, 0, 0, 0, 0),
            Placement(SUITES[0], "b", 1, 1, 1, 2, 1),
        ),
        log=KernelLog((LogRecord(0, 6, 100, "Linux version"), LogRecord(1, 6, 200, "end"))),
        log_from="dmesg.log",
    )


def damaged(part: str, **changes: Any) -> Evidence:
    """The green evidence with fields of one part changed, e.g. ("guest", ended=False)."""
    green = green_evidence()
    return replace(green, **{part: replace(getattr(green, part), **changes)})


def results(*tests: KtapTest, errors: tuple[str, ...] = ()) -> Evidence:
    return replace(green_evidence(), ktap=Ktap(tests, errors))


def events(*trace: TraceEvent) -> Evidence:
    return damaged("trace", events=trace)


def with_splat(kind: str, fatal: bool = False) -> Evidence:
    found = Splat(kind, f"{kind} in f", 7, "f", ("first line", "second line"), fatal)
    return replace(green_evidence(), splats=(found,))


def judged(evidence: Evidence, **plan: Any) -> tuple[Verdict, tuple[Finding, ...]]:
    return judge(green_plan(**plan), evidence)
