# SPDX-License-Identifier: GPL-2.0-only
"""What is missing of a run's files, cut short, or not what it was when it ran, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestrator.edge import rundir
from orchestrator.model import rundir as names
from orchestrator.model.document import RunDocument
from orchestrator.model.evidence import Evidence
from orchestrator.model.job import Plan, RunResult


def damage(run_dir: Path, result: RunResult, before: RunDocument) -> Iterator[str]:
    """result: judged again; before: what run.json says."""
    if before.verdict is not result.verdict:
        yield (
            f"{names.RUN} says {before.verdict.value}: the files it rests on are not what "
            "they were, or the rules are other ones now"
        )
    if result.evidence is None or result.plan is None:
        return
    yield from _files(run_dir, result.plan)
    yield from _channels(result.evidence)
    now = len(result.evidence.trace.events)
    if before.trace_events != now:
        yield f"{names.RUN} counted {before.trace_events} trace events, {names.TRACE} has {now}"


def _files(run_dir: Path, plan: Plan) -> Iterator[str]:
    wanted = [names.CONSOLE, names.RESULTS, names.KMSG, names.TRACE]
    wanted += [names.LEAKS] * plan.leak_scan + [names.COVERAGE] * plan.coverage
    for name in wanted:
        if not (run_dir / name).is_file():
            yield f"{name} is missing"
        elif (run_dir / name).stat().st_size > rundir.WHOLE_BYTES:
            yield f"{name} was flooded: only its ends were read"


def _channels(evidence: Evidence) -> Iterator[str]:
    if not evidence.guest.ended:
        yield f"{names.RESULTS} has no end mark: the guest did not get so far, or it was cut short"
    if evidence.log_from != names.DMESG:
        yield f"{names.KMSG} is not whole, or more came after it: {names.CONSOLE} is read instead"
    if not evidence.trace.ended:
        yield f"{names.TRACE} has no end mark: events may be missing"
    lost = max(evidence.guest.trace_lost, evidence.trace.lost)
    if lost:
        yield f"{lost} trace events were lost"
    if evidence.trace.unparsed:
        yield f"{evidence.trace.unparsed} lines of {names.TRACE} could not be read"
    if evidence.leaks_cut:
        yield f"{names.LEAKS} is shorter than what the guest sent"
