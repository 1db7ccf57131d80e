# SPDX-License-Identifier: GPL-2.0-only
"""A series, built, booted and judged after every patch: each step is a run of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from orchestrator.judge.onset import failure_spans
from orchestrator.model.job import RunResult
from orchestrator.model.patch import PatchSeries
from orchestrator.model.progress import Note, Progress
from orchestrator.model.series import SeriesResult, SeriesStep
from orchestrator.model.verdict import Verdict
from orchestrator.workflow.boot import run_boot
from orchestrator.workflow.ready import BootJob

# Findings that leave no suite unfinished. (FAIL as a verdict may hide INCOMPLETE ones.)
_COMPLETE = (Verdict.PASS, Verdict.SKIP, Verdict.FAIL)


def run_series(
    job: BootJob,
    series: PatchSeries,
    progress: Progress,
    boot: Callable[[BootJob, Progress], RunResult] = run_boot,
) -> SeriesResult:
    """Base, base and patch 1, base and patches 1 and 2, ...

    job: without patches; its run_dir, if named, gets a directory for each step. Goes on after a
    step that fails, since a later patch may mend it, but not behind one that does not apply: it
    is part of all later steps. Raises UsageError as run_boot() does.
    """
    total = len(series.patches)
    titles = ("base", *(patch.name for patch in series.patches))
    steps: list[SeriesStep] = []
    for number, title in enumerate(titles):
        progress(Note(f"patch {number} of {total}: {title}" if number else f"base of {total}"))
        step = _step(job, series, number, title, progress, boot)
        steps.append(step)
        progress(Note(f"{f'patch {number}' if number else 'base'}: {step.verdict.value}"))
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
) -> SeriesStep:
    began_s = time.monotonic()
    run_dir = job.run_dir / f"{number:04}" if job.run_dir else None
    result = boot(replace(job, mails=series.patches[:number], run_dir=run_dir), progress)
    return SeriesStep(
        number=number,
        title=title,
        verdict=result.verdict,
        findings=result.findings,
        run_dir=str(result.run_dir),
        kernel_release=result.kernel_release,
        took_s=round(time.monotonic() - began_s, 3),
        booted=result.evidence is not None,
        complete=result.evidence is not None and _went_to_the_end(result),
    )


def _went_to_the_end(result: RunResult) -> bool:
    if result.verdict is Verdict.PASS:
        return True  # its findings, if there are any, are known issues
    verdicts = (result.verdict, *(finding.verdict for finding in result.findings))
    return all(verdict in _COMPLETE for verdict in verdicts)
