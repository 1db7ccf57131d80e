# SPDX-License-Identifier: GPL-2.0-only
"""Nights whose folder knows more than the history, which was not there at the time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from orchestrator.edge import night_files
from orchestrator.edge.history.history import History
from orchestrator.model.errors import UsageError
from orchestrator.model.history import NightRuns


class Delivered(Struct, frozen=True):
    """runs: all that the folder holds; new: how many attempts the history did not know."""

    folder: Path
    runs: NightRuns
    new: int


def deliver(history: History, folder: Path) -> Delivered:
    """Tell the history of a night by its folder; what it knows already counts once.

    Raises UsageError if no night lies there, InfrastructureError if the history is not there.
    """
    runs = night_files.runs(folder)
    if runs is None:
        hint = f"a night's folder has a {night_files.BEGUN}"
        raise UsageError(f"{folder} holds no night", hint)
    history.put_night(runs.night)
    new = history.put_attempts(runs.night.id, runs.attempts)
    night_files.told(folder)
    return Delivered(folder, runs, new)


def deliver_all(history: History, place: Path, tell: Callable[[str], None]) -> None:
    """All nights in folders of `place` that wait for this history. tell: a line for people."""
    for folder in night_files.put_off_in(place, history.name):
        try:
            done = deliver(history, folder)
        except UsageError as error:
            tell(error.message)
            continue
        tell(f"history {history.name}: {done.new} results more from {folder}")
