# SPDX-License-Identifier: GPL-2.0-only
"""Marks of a presubmit as they come, from any thread, each told at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestrator.model.presubmit import Check, Mark, SubmitStep, left_out
from orchestrator.model.progress import Note, Progress
from orchestrator.workflow.presubmit_range import Planned

LINES = 3  # that a mark rests on, told with it


@dataclass
class Told:
    """Of these steps."""

    numbers: Sequence[int]
    progress: Progress
    _marks: dict[tuple[int, Check], Mark] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, number: int, check: Check, mark: Mark) -> None:
        """The first one counts."""
        with self._lock:
            if (number, check) in self._marks:
                return
            self._marks[number, check] = mark
            tell(self.progress, f"{number}/{self.numbers[-1]} {check.value}", mark)

    def has(self, number: int, check: Check) -> bool:
        return (number, check) in self._marks

    def marks(self, check: Check) -> tuple[Mark, ...]:
        """Of all steps, as far as they came."""
        return tuple(mark for (_, asked), mark in self._marks.items() if asked is check)

    def step(self, step: Planned, why: str) -> SubmitStep:
        """With all marks; why: of those that did not come."""
        marks = tuple(
            (check, self._marks.get((step.number, check)) or left_out(why)) for check in Check
        )
        return SubmitStep(step.number, step.name, step.title, step.sort, step.files or (), marks)


def tell(progress: Progress, what: str, mark: Mark) -> None:
    """In a line, and what it rests on if it is not green."""
    word = mark.verdict.value if mark.verdict else "-"
    progress(Note(f"{what}: {word}: {mark.said}"))
    for line in mark.lines[:LINES] if mark.red else ():
        place = f"{line.file}:{line.line}" if line.line else line.file
        progress(Note(f"  {place}: {line.text}"))
