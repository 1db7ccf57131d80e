# SPDX-License-Identifier: GPL-2.0-only
"""What the nights before are asked, and told; and the plainest thing that answers.

A history database is another Memory: `run_night()` and `plan_night()` take any.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from orchestrator.edge import night_files
from orchestrator.model.night import Attempt, CellKey, Night

NIGHTS = 20  # the latest, of which attempts are read
RECENT = 20  # of one cell


class Memory(Protocol):
    """Calls come from several threads, but never two at a time."""

    def recent(self, cell: CellKey) -> tuple[Attempt, ...]:
        """Attempts at this cell in nights before, newest first; twenty are plenty."""

    def begin(self, night: Night) -> None:
        """A night begins, or goes on after it was interrupted (with the same id)."""

    def note(self, attempt: Attempt) -> None:
        """It ended, in the night that was begun. One may be told twice: see Attempt.id."""

    def end(self, night: Night) -> None:
        """The night ended, or was interrupted: then ended_at is ""."""


class Folders:
    """Lines of text in the folders of the nights, all of them beside each other in `place`.

    folder: of this night, which is none of those before; None: nothing is written.
    """

    def __init__(self, place: Path, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[CellKey, dict[str, Attempt]] = {}
        files = place.glob(f"*/{night_files.ATTEMPTS}") if place.is_dir() else ()
        newest = sorted(files, key=lambda file: file.stat().st_mtime)[-NIGHTS:]
        for file in newest:
            if folder and file.parent == folder:
                continue
            for attempt in night_files.attempts(file):
                self._known.setdefault(attempt.cell, {})[attempt.id] = attempt

    def recent(self, cell: CellKey) -> tuple[Attempt, ...]:
        known = self._known.get(cell, {}).values()
        latest = sorted(known, key=lambda each: (each.started_at, each.number), reverse=True)
        return tuple(latest[:RECENT])

    def begin(self, night: Night) -> None:
        """The folder is the night."""

    def note(self, attempt: Attempt) -> None:
        if self._folder:
            night_files.note(self._folder / night_files.ATTEMPTS, attempt)

    def end(self, night: Night) -> None:
        """Its attempts are there already."""
