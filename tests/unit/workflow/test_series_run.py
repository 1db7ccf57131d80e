# SPDX-License-Identifier: GPL-2.0-only
"""The order of a series' runs, and what is concluded; booting itself is tested elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.config.source_spec import DefaultSource
from orchestrator.judge.onset import failure_spans, normalised
from orchestrator.model.evidence import Ending, Evidence, VmOutcome
from orchestrator.model.job import KernelConfig, RunResult
from orchestrator.model.patch import PatchMail, PatchSeries
from orchestrator.model.progress import Progress, silent
from orchestrator.model.series import FailureSpan, SeriesResult, SeriesStep
from orchestrator.model.topology import Node, Topology
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.report.series import fixed, starts
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.series import run_series

PASS, FAIL, CRASH = Verdict.PASS, Verdict.FAIL, Verdict.CRASH
BUILD, BROKEN, INFRA = Verdict.BUILD_BROKEN, Verdict.PATCH_BROKEN, Verdict.INFRASTRUCTURE


def finding(title: str, verdict: Verdict = FAIL) -> Finding:
    return Finding("check", verdict, Fault.KERNEL, title)


def step(number: int, *findings: Finding) -> SeriesStep:
    verdicts = {one.verdict for one in findings}
    booted = not verdicts & {BUILD, BROKEN, INFRA}
    complete = booted and CRASH not in verdicts
    verdict = findings[0].verdict if findings else PASS
    return SeriesStep(number, "t", verdict, findings, "", booted=booted, complete=complete)


def spans(*findings: tuple[Finding, ...]) -> tuple[FailureSpan, ...]:
    return failure_spans([step(number, *some) for number, some in enumerate(findings)])


A, B = finding("a"), finding("b")
NO_BUILD, OOPS = finding("cc failed", BUILD), finding("oops", CRASH)


def said(span: FailureSpan, last: int) -> tuple[str, str, str]:
    return span.title, starts(span), fixed(span, last)


def test_where_failures_start_and_end() -> None:
    assert spans((), (), ()) == ()
    assert [said(one, 3) for one in spans((A,), (A, B), (B,), (B,))] == [
        ("a", "base", "patch 2"),
        ("b", "patch 1", "not fixed"),
    ]
    assert [said(one, 2) for one in spans((A,), (), (A,))] == [
        ("a", "base", "patch 1"),
        ("a", "patch 2", "not fixed"),
    ]


def test_what_was_not_tested_proves_nothing() -> None:
    assert [said(one, 3) for one in spans((A,), (NO_BUILD,), (OOPS,), ())] == [
        ("a", "base", "patch 1 to 3 (not testable between)"),
        ("cc failed", "patch 1", "patch 2"),
        ("oops", "patch 1 to 2 (not testable before)", "patch 3"),
    ]
    assert [said(one, 2) for one in spans((), (NO_BUILD,), (A,))][1] == (
        "a",
        "patch 1 to 2 (not testable before)",
        "not fixed",
    )
    unknown = spans((A,), (NO_BUILD,))[0]
    assert fixed(unknown, last_step=1) == "not fixed (not testable after base)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("node ignored (3 times)", "node ignored"),
        ("3 trace events were lost", "14 trace events were lost"),
        ("BUG at kthread_run+0x12/0x80", "BUG at kthread_run+0x14/0x88"),
        ("fault at ffff888003a1b2c0", "fault at ffff888004a1b2c0"),
        ("soft lockup - CPU#2 stuck for 22s", "soft lockup - CPU#0 stuck for 26s"),
        ("patch 2 of 2, x: bad", "patch 2 of 3, x: bad"),
    ],
)
def test_titles_that_are_one_failure(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("placement.node_2 failed", "placement.node_3 failed"),
        ("node 1 has CPUs [1]", "node 2 has CPUs [1]"),
        ("clone flags 0x800700", "clone flags 0x800f00"),
        ("suite a never came back", "suite b never came back"),
    ],
)
def test_titles_that_are_not(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


JOB = BootJob(
    KernelConfig(("numa",), ()), Topology("t", "", (Node(0, 64, (0,)),), ()), None, DefaultSource()
)
SERIES = PatchSeries(tuple(PatchMail(f"p{n}", "--- a") for n in (1, 2, 3)), "given", notes=("n",))


ENDED = VmOutcome(Ending.POWER_OFF, 0, 3.0)


def series_of(verdicts: list[Verdict], job: BootJob = JOB) -> tuple[SeriesResult, list[BootJob]]:
    jobs: list[BootJob] = []

    def boot(job: BootJob, _progress: Progress) -> RunResult:
        verdict = verdicts[len(jobs)]
        jobs.append(job)
        found = () if verdict is PASS else (finding(verdict.value, verdict),)
        evidence = Evidence(ENDED) if verdict in (PASS, FAIL, CRASH) else None
        return RunResult(verdict, found, job.run_dir or Path("r"), (), "", evidence=evidence)

    return run_series(job, SERIES, silent, boot), jobs


def test_each_step_has_one_patch_more(tmp_path: Path) -> None:
    result, jobs = series_of([PASS] * 4, replace(JOB, run_dir=tmp_path))
    assert [[mail.name for mail in job.mails] for job in jobs] == [
        [],
        ["p1"],
        ["p1", "p2"],
        ["p1", "p2", "p3"],
    ]
    assert [step.run_dir for step in result.steps] == [f"{tmp_path}/000{n}" for n in range(4)]
    assert (result.verdict, result.failures, result.notes) == (PASS, (), ("n",))


def test_it_goes_on_after_a_failure_that_may_be_mended() -> None:
    result, _ = series_of([PASS, BUILD, FAIL, PASS])
    assert [step.verdict for step in result.steps] == [PASS, BUILD, FAIL, PASS]
    assert result.verdict is BUILD and result.verdict.exit_code == 1
    assert [(one.first, one.fixed) for one in result.failures] == [(1, 2), (2, 3)]


def test_it_stops_where_nothing_can_follow() -> None:
    result, jobs = series_of([PASS, BROKEN])
    assert (len(jobs), result.not_run) == (2, ("p2", "p3"))
    assert result.verdict is BROKEN
    result, jobs = series_of([INFRA])
    assert (len(jobs), result.verdict.exit_code) == (1, 3)


def test_a_known_crash_does_not_make_a_step_incomplete() -> None:
    known = replace(OOPS, known="it")

    def boot(job: BootJob, _progress: Progress) -> RunResult:
        evidence = Evidence(ENDED)
        return RunResult(PASS, (known,), Path("r"), (), "", evidence=evidence)

    result = run_series(JOB, SERIES, silent, boot)
    assert result.verdict is PASS
    assert all(step.complete for step in result.steps)
