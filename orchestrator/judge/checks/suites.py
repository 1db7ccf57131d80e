# SPDX-License-Identifier: GPL-2.0-only
"""Every suite that was asked for must have loaded, come back and met its plan."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import Case
from orchestrator.model import rundir
from orchestrator.model.evidence import SuiteRun
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict


def check_suites(case: Case) -> Iterator[Finding]:
    runs = {run.name: run for run in case.evidence.guest.suites}
    results = {test.name: test for test in case.of_modules}
    for name in case.plan.suites:
        run, result = runs.get(name), results.get(name)
        evidence = (EvidenceLine(rundir.RESULTS, 0, _in_words(run)),)
        if run is None:
            yield _finding(f"suite {name} never started", Fault.KERNEL, evidence)
        elif run.insmod_status is None:
            yield _finding(f"suite {name} never came back", Fault.KERNEL, evidence)
        elif run.insmod_status:
            yield _finding(f"suite {name} could not be loaded", Fault.TEST, evidence)
        elif result is None:
            yield _finding(f"suite {name} left no results", Fault.KERNEL, evidence)
        elif not result.children or result.planned != len(result.children):
            planned = "an unknown number of" if result.planned is None else result.planned
            seen = f"{len(result.children)} of {planned} planned cases"
            yield _finding(f"suite {name} left {seen}", Fault.KERNEL, evidence)
        elif case.plan.case and [child.name for child in result.children] != [case.plan.case]:
            title = f"suite {name} did not run {case.plan.case} alone"
            yield _finding(title, Fault.OURS, evidence)


def _finding(title: str, fault: Fault, evidence: tuple[EvidenceLine, ...]) -> Finding:
    return Finding("suites", Verdict.INCOMPLETE, fault, title, evidence)


def _in_words(run: SuiteRun | None) -> str:
    if run is None:
        return "no suite-begin line"
    if run.insmod_status is None:
        return f"suite-begin {run.name} at {run.start_s:.2f} s, no suite-end line"
    return f"suite-end {run.name}: insmod ended with {run.insmod_status}"
