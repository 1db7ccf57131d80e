# SPDX-License-Identifier: GPL-2.0-only
"""What a result says of the way to it: times of stages, and notes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from orchestrator.model.job import StageTime
from orchestrator.model.progress import Note, Progress, ProgressEvent, StageDone


def now() -> str:
    """ISO 8601, UTC, whole seconds: when a run or a comparison began."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@dataclass
class Clock:
    """Passes progress on, and keeps the notes and the time of each stage."""

    progress: Progress
    stages: list[StageTime] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __call__(self, event: ProgressEvent) -> None:
        if isinstance(event, StageDone):
            self.stages.append(StageTime(event.stage, round(event.took_s, 3), event.cached))
        if isinstance(event, Note):
            self.notes.append(event.text)
        self.progress(event)
