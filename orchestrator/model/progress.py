# SPDX-License-Identifier: GPL-2.0-only
"""What a long run says while it runs: a handful of events, and a sink for them."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct


class StageStarted(Struct, frozen=True):
    """A stage began: "source", "configure", "build", "module", "guest", "boot"."""

    stage: str
    detail: str = ""


class StageProgress(Struct, frozen=True):
    """done of total (0: unknown) in unit ("files", "MiB"); left_s: estimate, None unknown."""

    stage: str
    done: int
    total: int
    unit: str
    left_s: float | None = None


class StageDone(Struct, frozen=True):
    """A stage ended well. cached: nothing had to be done."""

    stage: str
    took_s: float
    cached: bool = False
    detail: str = ""


class Note(Struct, frozen=True):
    """Something the user should know and that is no error."""

    text: str


ProgressEvent = StageStarted | StageProgress | StageDone | Note
Progress = Callable[[ProgressEvent], None]


def silent(_event: ProgressEvent) -> None:
    """The sink for callers that do not care."""


def short_time(epoch_s: float) -> str:
    """When something was, for a person here: of this day the time alone."""
    then = time.localtime(epoch_s)
    today = time.localtime()[:3] == then[:3]
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)
