# SPDX-License-Identifier: GPL-2.0-only
"""An interrupted series: what is taken from it, and what is run again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from test_series_run import JOB, SERIES

from orchestrator.edge import rundir
from orchestrator.edge.journal import Journal
from orchestrator.model import rundir as names
from orchestrator.model.evidence import Ending, VmOutcome
from orchestrator.model.job import Plan, RunResult
from orchestrator.model.progress import Note, Progress, ProgressEvent
from orchestrator.model.series import SeriesResult
from orchestrator.model.topology import Node, Topology
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.report.document import document, to_json
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.rejudge import rejudge
from orchestrator.workflow.series import run_series
from orchestrator.workflow.series_resume import _Kept

BUILD = Verdict.BUILD_BROKEN


class Killed(Exception):
    """In the place of a signal."""


class Series:
    """Steps that do not build, each with a real run directory, which are judged anew from it."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.booted: list[int] = []
        self.made = 0
        self.notes: list[str] = []
        self.verdicts = [BUILD] * 4

    def boot(self, job: BootJob, _progress: Progress) -> RunResult:
        number = len(job.mails)
        if number == 2 and not self.notes.count("again"):
            raise Killed
        self.booted.append(number)
        self.made += 1
        run_dir = self.top / f"run-{number}-{self.made}"
        run_dir.mkdir()
        verdict = self.verdicts[number]
        found = Finding("run", verdict, Fault.KERNEL, f"cc failed at {number}")
        result = RunResult(verdict, (found,), run_dir, (), "2026-11-24T12:00:00+00:00")
        rundir.write(run_dir, names.RUN, to_json(document(result)))
        return result

    def note(self, event: ProgressEvent) -> None:
        if isinstance(event, Note):
            self.notes.append(event.text)

    def run(self) -> SeriesResult:
        kept = Journal(self.top / "journal")
        return run_series(JOB, SERIES, self.note, self.boot, _Kept(kept))

    def again(self) -> SeriesResult:
        self.booted.clear()
        self.notes[:] = ["again"]
        return self.run()


@pytest.fixture
def series(tmp_path: Path) -> Series:
    """Killed in its third step."""
    series = Series(tmp_path)
    with pytest.raises(Killed):
        series.run()
    assert series.booted == [0, 1]
    return series


def test_only_what_is_left_is_run(series: Series) -> None:
    result = series.again()
    assert series.booted == [2, 3]
    assert [step.findings[0].title for step in result.steps] == [
        f"cc failed at {number}" for number in range(4)
    ]
    assert [bool(step.from_run) for step in result.steps] == [True, True, False, False]
    assert any(note.startswith("base: build-broken, from the run of 20") for note in series.notes)


def test_it_may_be_killed_twice(series: Series) -> None:
    series.booted.clear()
    with pytest.raises(Killed):
        series.run()
    assert series.booted == []
    series.again()
    assert series.booted == [2, 3]


def test_from_a_run_that_is_gone_on_all_is_run(series: Series) -> None:
    shutil.rmtree(series.top / "run-0-1")
    series.again()
    assert series.booted == [0, 1, 2, 3]


def test_a_damaged_run_is_none(series: Series) -> None:
    (series.top / "run-1-2" / names.RUN).write_text("{")
    series.again()
    assert series.booted == [1, 2, 3]


@pytest.mark.parametrize("verdict", [Verdict.INFRASTRUCTURE, Verdict.INCOMPLETE])
def test_what_told_nothing_is_run_again(tmp_path: Path, verdict: Verdict) -> None:
    series = Series(tmp_path)
    series.verdicts[1] = verdict
    with pytest.raises(Killed):
        series.run()
    series.again()
    assert series.booted == [1, 2, 3]


def test_a_verdict_that_would_be_another_now_does_not_count(series: Series) -> None:
    run_dir = series.top / "run-0-1"
    said = (run_dir / names.RUN).read_text()
    (run_dir / names.RUN).write_text(said.replace('"verdict": "build-broken"', '"verdict": "pass"'))
    topology = Topology("one", "", (Node(0, (0,), 512),))
    plan = Plan("0123456789abcdef", ("orch_create",), topology, True, True)
    rundir.write(run_dir, names.PLAN, to_json(plan))
    rundir.write(run_dir, names.VM, to_json(VmOutcome(Ending.RESET, 0, 3.0)))
    assert rejudge(run_dir)[0].verdict is Verdict.CRASH
    series.again()
    assert series.booted == [0, 1, 2, 3]
