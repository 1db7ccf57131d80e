# SPDX-License-Identifier: GPL-2.0-only
"""What the nights before are asked, and told; and the folder that keeps all this night tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from orchestrator.edge import night_files
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.night import Attempt, CellKey, Night


class Memory(Protocol):
    """Calls come from several threads, but never two at a time."""

    def recent(self, cell: CellKey) -> tuple[Attempt, ...]:
        """Attempts at this cell in nights before, newest first; twenty are plenty, and
        nobody asks for their cases."""

    def begin(self, night: Night) -> None:
        """A night begins, or goes on after it was interrupted (with the same id)."""

    def note(self, attempt: Attempt) -> None:
        """It ended, in the night that was begun. One may be told twice: see Attempt.id."""

    def end(self, night: Night) -> None:
        """The night ended, or was interrupted: then ended_at is ""."""


class Named(Memory, Protocol):
    """One that messages can name."""

    @property
    def name(self) -> str:
        """As people know it."""


class Nothing:
    """Knows of no night before, and forgets what it is told."""

    name = "none"

    def recent(self, cell: CellKey) -> tuple[Attempt, ...]:
        return ()

    def begin(self, night: Night) -> None:
        pass

    def note(self, attempt: Attempt) -> None:
        pass

    def end(self, night: Night) -> None:
        pass


class Kept:
    """A memory that may be lost on the way: whatever it is told is in the night's folder first.

    Once it is lost (InfrastructureError), it is left alone until the night ends, since each try
    may take long. Then all of it is told once more; if that fails too, a file in the folder says
    so, by which the next night finds it (workflow/night_deliver.py). tell: a line for people.
    """

    def __init__(self, memory: Named, folder: Path, tell: Callable[[str], None]) -> None:
        self._memory = memory
        self._folder = folder
        self._say = tell
        self._lost = False

    def recent(self, cell: CellKey) -> tuple[Attempt, ...]:
        return self._memory.recent(cell)

    def begin(self, night: Night) -> None:
        """The only call that raises what is wrong with the memory: nothing has been run yet."""
        night_files.put_night(self._folder, night)
        self._memory.begin(night)

    def note(self, attempt: Attempt) -> None:
        night_files.note(self._folder / night_files.ATTEMPTS, attempt)
        self._tell(lambda: self._memory.note(attempt))

    def end(self, night: Night) -> None:
        night_files.put_night(self._folder, night)
        if not self._lost:
            self._tell(lambda: self._memory.end(night))
        if self._lost:
            self._once_more(night)

    def _tell(self, tell: Callable[[], None]) -> None:
        if not self._lost:
            try:
                tell()
            except InfrastructureError as error:
                self._lost = True
                self._say(f"{error.message}; results are kept in {self._folder}")
        if self._lost:
            night_files.put_off(self._folder, self._memory.name)

    def _once_more(self, night: Night) -> None:
        try:
            self._memory.begin(night)
            runs = night_files.runs(self._folder)
            for attempt in runs.attempts if runs else ():
                self._memory.note(attempt)
            self._memory.end(night)
        except InfrastructureError:
            again = f"orchestrate nightly import {self._folder}"
            self._say(f"{self._memory.name} is told when the next night begins, or by: {again}")
            return
        night_files.told(self._folder)
        self._say(f"{self._memory.name} is there again, and knows all of this night")
