# SPDX-License-Identifier: GPL-2.0-only
"""A command's exit code is the run's only if nothing speaks against the kernel."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from green_case import green_evidence, green_plan, with_splat
from msgspec.structs import replace
from rich.console import Console

from orchestrator.judge.verdict import judge
from orchestrator.model.evidence import Ending, Evidence, Ktap
from orchestrator.model.job import RunResult
from orchestrator.model.session import Session, Talk
from orchestrator.model.verdict import Verdict
from orchestrator.report.text import report

PLAN = green_plan(suites=(), session=Session(Talk.STREAM, ("./t",)))


def evidence(status: int | None, **changes: Any) -> Evidence:
    green = green_evidence()
    trace = replace(green.trace, events=())
    guest = replace(green.guest, suites=(), session_status=status)
    return replace(green, ktap=Ktap(), trace=trace, placements=(), guest=guest, **changes)


def run(seen: Evidence) -> RunResult:
    verdict, findings = judge(PLAN, seen)
    return RunResult(verdict, findings, Path("/r"), (), "", plan=PLAN, evidence=seen)


@pytest.mark.parametrize("status", [0, 1, 7, 137])
def test_its_own_code(status: int) -> None:
    result = run(evidence(status))
    assert result.exit_code == status
    assert result.verdict is (Verdict.FAIL if status else Verdict.PASS)
    assert result.troubles() == ()


@pytest.mark.parametrize("status", [None, 0, 3, 7])
@pytest.mark.parametrize(
    ("ending", "code"),
    [(Ending.RESET, 1), (Ending.DEADLINE, 1), (Ending.PANIC, 1), (Ending.QEMU_DIED, 3)],
)
def test_a_bad_end_outranks_any_code(status: int | None, ending: Ending, code: int) -> None:
    seen = evidence(status)
    result = run(replace(seen, outcome=replace(seen.outcome, ending=ending)))
    assert result.exit_code == code and result.troubles()


@pytest.mark.parametrize("status", [0, 3])
def test_a_warning_outranks_any_code(status: int) -> None:
    result = run(replace(evidence(status), splats=with_splat("warning").splats))
    assert result.exit_code == 1 and result.troubles()


def test_a_command_nobody_heard_of_is_never_green() -> None:
    result = run(evidence(None))
    assert (result.verdict, result.exit_code) == (Verdict.INCOMPLETE, 1)


@pytest.mark.parametrize(
    ("status", "said"),
    [(0, "(the command ended with 0)"), (None, "(nobody heard that the command ended)")],
)
def test_the_report_says_so(status: int | None, said: str) -> None:
    console = Console(file=io.StringIO(), width=200)
    console.print(report(run(evidence(status))))
    assert said in console.file.getvalue()  # type: ignore[attr-defined]


def test_without_an_end_marker_its_code_counts_for_nothing() -> None:
    seen = evidence(0)
    result = run(replace(seen, guest=replace(seen.guest, ended=False)))
    assert (result.verdict, result.exit_code) == (Verdict.INCOMPLETE, 1)


def test_one_who_leaves_is_not_told_of_missing_last_words() -> None:
    seen = evidence(None)
    seen = replace(
        seen,
        guest=replace(seen.guest, ended=False),
        outcome=replace(seen.outcome, ending=Ending.INTERRUPTED),
    )
    assert run(seen).troubles(left=True) == ()
    assert run(replace(seen, splats=with_splat("warning").splats)).troubles(left=True)
