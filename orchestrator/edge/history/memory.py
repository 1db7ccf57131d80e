# SPDX-License-Identifier: GPL-2.0-only
"""A history as one night under way has it: asked for what was, told what comes."""

from __future__ import annotations

from orchestrator.edge.history.history import History
from orchestrator.model.night import Attempt, CellKey, Night


class HistoryMemory:
    """Has the methods that a night asks for (begin, note, end, recent); begin() comes first."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._night = ""

    @property
    def name(self) -> str:
        """Where the history is."""
        return self._history.name

    def recent(self, cell: CellKey) -> tuple[Attempt, ...]:
        """Attempts at this cell, newest first, without their cases."""
        return self._history.recent(cell, bare=True)

    def begin(self, night: Night) -> None:
        """A night begins, or goes on."""
        self._night = night.id
        self._history.put_night(night)

    def note(self, attempt: Attempt) -> None:
        """It ended."""
        self._history.put_attempts(self._night, (attempt,))

    def end(self, night: Night) -> None:
        """The night ended, or was interrupted."""
        self._history.put_night(night)
