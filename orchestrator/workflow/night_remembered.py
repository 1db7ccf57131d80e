# SPDX-License-Identifier: GPL-2.0-only
"""A night with its history: told what it missed before, told of the night, asked what it means."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import night_files, rundir
from orchestrator.edge.history.history import History
from orchestrator.edge.history.memory import HistoryMemory
from orchestrator.judge.nights import judge_night
from orchestrator.model import rundir as names
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.history import NightRuns
from orchestrator.model.night import Change
from orchestrator.model.night_run import NightEvent, NightResult
from orchestrator.model.progress import Note
from orchestrator.model.standing import JudgedNight, Quarantine
from orchestrator.report.night_json import night_json
from orchestrator.workflow.night import run_night
from orchestrator.workflow.night_deliver import deliver_all
from orchestrator.workflow.night_judged import judged_night
from orchestrator.workflow.night_memory import Named
from orchestrator.workflow.night_prepare import NightJob

Run = Callable[[NightJob, Callable[[NightEvent], None], Named], NightResult]


def remembered_night(
    job: NightJob,
    progress: Callable[[NightEvent], None],
    history: History,
    quarantine: Sequence[Quarantine],
    run: Run = run_night,
) -> tuple[NightResult, JudgedNight]:
    """Run it and say what it means; night.json has it too. Raises what run_night() does.

    run: as run_night(), wherever that runs.

    A history that is lost on the way costs the comparison with the nights before, nothing else.
    """
    deliver_all(history, job.place, lambda text: progress(Note(text)))
    result = run(job, progress, HistoryMemory(history))
    judged = _judged(result, history, quarantine)
    excused = tuple(
        one.cell for one in judged.standings if not one.test and one.change is Change.QUARANTINED
    )
    if excused:
        result = replace(result, quarantined=excused)
        rundir.write(Path(result.folder), names.NIGHT, night_json(result))
    return result, judged


def _judged(result: NightResult, history: History, quarantine: Sequence[Quarantine]) -> JudgedNight:
    try:
        if not night_files.is_put_off(Path(result.folder)):
            return judged_night(history, result.night.id, None, quarantine)
        why = f"history {history.name} does not know this night"
    except InfrastructureError as error:
        why = error.message
    attempts = tuple(attempt for each in result.results for attempt in each.attempts)
    today = datetime.datetime.now(datetime.UTC).date()
    judged = judge_night(NightRuns(result.night, attempts), (), quarantine, today)
    warning = f"{why}: not compared with the nights before, so every failure looks new"
    return replace(judged, warnings=(warning, *judged.warnings))
