# SPDX-License-Identifier: GPL-2.0-only
"""Runs to compare: whole ones, damaged ones, and a trace as the suites leave it."""

from __future__ import annotations

from pathlib import Path

from orchestrator.model.compare import Key, Kind, Observation, Seen
from orchestrator.model.evidence import Evidence, TraceEvent
from orchestrator.model.job import RunResult
from orchestrator.model.verdict import EvidenceLine, Finding, Verdict

PASSED, FAILED = "passed", "failed"


def key(kind: Kind, what: str = "x", where: str = "orch_a.case") -> Key:
    return Key(kind, where, what)


def run(name: str = "run", whole: bool = True, /, **seen: str) -> Observation:
    """trace="a" is Key(TRACE, "orch_a.case", "x") with the value "a"."""
    found = {key(Kind[kind.upper()]): Seen(value) for kind, value in seen.items() if value}
    return Observation(name, whole, Verdict.PASS, found)


def with_seen(seen: dict[Key, str], name: str = "run", whole: bool = True) -> Observation:
    lines = (EvidenceLine("trace.log", 7, f"of {name}"),)
    said = {each: Seen(value, lines) for each, value in seen.items()}
    return Observation(name, whole, Verdict.PASS, said)


def result(evidence: Evidence, *findings: Finding, verdict: Verdict = Verdict.PASS) -> RunResult:
    return RunResult(verdict, findings, Path("r"), (), "", evidence=evidence)


def case_trace(
    *, pid: int = 100, start_s: float = 1.0, pointer: str = "00000000a1b2c3d4", **changes: str
) -> tuple[TraceEvent, ...]:
    """A case that makes one worker, which executes one work. changes: of single values."""
    said = {"flags": "800700", "stack": "1", "work": "f", "param": "-", "took": "10", **changes}
    worker, number = str(pid + 1), str(pid * 3)
    rows: list[tuple[str, int, dict[str, str]]] = [
        ("orch_case", pid, {"suite": "orch_a", "case": "one", "param": said["param"]}),
        ("orch_request", pid, {"id": number, "suite": "orch_a", "kind": "worker", "node": "1",
                               "name": "orch_w"}),
        ("task_newtask", 2, {"pid": worker, "comm": "kthreadd", "clone_flags": said["flags"]}),
        ("orch_created", pid, {"id": number, "pid": worker, "err": "0"}),
        ("orch_placed", pid + 1, {"name": "orch_w", "asked": "1", "task_node": "1",
                                  "stack_node": said["stack"], "cpu": "3", "cpu_node": "1"}),
        ("sched_kthread_work_execute_start", pid + 1,
         {"text": f"work struct {pointer}: function {said['work']}"}),
        ("orch_case_end", pid, {"suite": "orch_a", "case": "one", "param": said["param"]}),
    ]  # fmt: skip
    step_s = float(said["took"]) / 1e6
    return tuple(
        TraceEvent(start_s + at * step_s, 0, "t", who, event, tuple(fields.items()), at + 1)
        for at, (event, who, fields) in enumerate(rows)
    )
