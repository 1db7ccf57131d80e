# SPDX-License-Identifier: GPL-2.0-only
"""A series, built, booted and judged after every patch: each step is a run of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from orchestrator.judge.onset import failure_spans
from orchestrator.model.job import RunResult
from orchestrator.model.patch import PatchSeries
from orchestrator.model.progress import Note, Progress
from orchestrator.model.series import SeriesResult, SeriesStep
from orchestrator.model.verdict import Verdict
from orchestrator.workflow.boot import run_boot
from orchestrator.workflow.boot_job import BootJob

# Findings that leave no suite unfinished. (FAIL as a verdict may hide INCOMPLETE ones.)
_COMPLETE = (Verdict.PASS, Verdict.SKIP, Verdict.FAIL)


class Earlier:
    """What is known of steps from an earlier, interrupted series, and told of those of this one;
    here nothing is."""

    def result(self, number: int) -> tuple[RunResult, str] | None:
        """Of a step, and when it was run, in words; asked for in order."""
        return None

    def begin(self, number: int, run_dir: Path | None) -> None:
        """A step's run begins. run_dir: that the user asked for."""

    def end(self, number: int, run_dir: Path) -> None:
        """It came to its end."""


def run_series(
    job: BootJob,
    series: PatchSeries,
    progress: Progress,
    boot: Callable[[BootJob, Progress], RunResult] = run_boot,
    earlier: Earlier | None = None,
) -> SeriesResult:
    """Base, base and patch 1, base and patches 1 and 2, ...

    job: without patches; its run_dir, if named, gets a directory for each step. earlier: steps
    it has are not run again. Goes on after a
    step that fails, since a later patch may mend it, but not behind one that does not apply: it
    is part of all later steps. Raises UsageError as run_boot() does.
    """
    total = len(series.patches)
    titles = ("base", *(patch.name for patch in series.patches))
    steps: list[SeriesStep] = []
    for number, title in enumerate(titles):
        progress(Note(f"patch {number} of {total}: {title}" if number else f"base of {total}"))
        step = _step(job, series, number, title, progress, boot, earlier or Earlier())
        steps.append(step)
        since = f", from the run of {step.from_run}" if step.from_run else ""
        progress(Note(f"{f'patch {number}' if number else 'base'}: {step.verdict.value}{since}"))
        hopeless = not number and step.verdict is Verdict.INFRASTRUCTURE
        if step.verdict is Verdict.PATCH_BROKEN or hopeless:
            break
    return SeriesResult(
        origin=series.origin,
        command=job.command,
        steps=tuple(steps),
        failures=failure_spans(steps),
        not_run=titles[len(steps) :],
        notes=series.notes,
    )


def _step(
    job: BootJob,
    series: PatchSeries,
    number: int,
    title: str,
    progress: Progress,
    boot: Callable[[BootJob, Progress], RunResult],
    earlier: Earlier,
) -> SeriesStep:
    began_s = time.monotonic()
    known = earlier.result(number)
    if known:
        result, from_run = known
    else:
        run_dir = job.run_dir / f"{number:04}" if job.run_dir else None
        earlier.begin(number, run_dir)
        result = boot(replace(job, mails=series.patches[:number], run_dir=run_dir), progress)
        earlier.end(number, result.run_dir)
        from_run = ""
    return SeriesStep(
        number=number,
        title=title,
        verdict=result.verdict,
        findings=result.findings,
        run_dir=str(result.run_dir),
        kernel_release=result.kernel_release,
        took_s=round(time.monotonic() - began_s, 3),
        booted=result.evidence is not None,
        from_run=from_run,
        complete=result.evidence is not None and _went_to_the_end(result),
    )


def _went_to_the_end(result: RunResult) -> bool:
    if result.verdict is Verdict.PASS:
        return True  # its findings, if there are any, are known issues
    verdicts = (result.verdict, *(finding.verdict for finding in result.findings))
    return all(verdict in _COMPLETE for verdict in verdicts)
