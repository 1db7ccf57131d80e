# SPDX-License-Identifier: GPL-2.0-only
"""A night of the history, told: with the night before, and what directories of its runs hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.edge.history.history import History
from orchestrator.model import rundir as names
from orchestrator.model.night import Attempt
from orchestrator.model.night_told import Proof, ToldNight, tell
from orchestrator.model.standing import JudgedNight, Quarantine
from orchestrator.report.document import read_document
from orchestrator.workflow.night_judged import judged_pair

_MOST = 200  # runs that are looked into
_LARGEST = 64 << 20  # bytes of a run.json


def told_night(
    history: History,
    night_id: str | None,
    matrix: str | None,
    quarantine: Sequence[Quarantine],
    proofs: bool = False,
) -> ToldNight:
    """The night that judged_pair() finds. proofs: read the directories of what failed, too.

    Raises as judged_pair() does.
    """
    judged, before = judged_pair(history, night_id, matrix, quarantine)
    return tell(judged, before, proofs_of(judged) if proofs else {})


def proofs_of(judged: JudgedNight) -> dict[str, Proof]:
    """Of runs that failed and whose directories are here; those of other machines are not."""
    red = [each for each in judged.attempts if each.verdict.exit_code == 1]
    found = ((attempt.id, _proof(attempt)) for attempt in red[:_MOST])
    return {name: proof for name, proof in found if proof}


def _proof(attempt: Attempt) -> Proof | None:
    """None if there is no such run. Another run may lie at that path by now."""
    folder = Path(attempt.run_dir)
    try:
        file = folder / names.RUN
        if not folder.is_absolute() or file.stat().st_size > _LARGEST:
            return None
        run = read_document(file.read_text())
        replay = folder / names.REPLAY
        script = str(replay) if replay.is_file() else ""
    except (OSError, ValueError):  # of which a run.json of another version is one, too
        return None
    if run.started_at != attempt.started_at or run.verdict is not attempt.verdict:
        return None
    return Proof(run.findings, run.command, script)
