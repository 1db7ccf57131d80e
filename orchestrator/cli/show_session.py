# SPDX-License-Identifier: GPL-2.0-only
"""What a session says on standard error besides the guest: little, and nothing while one talks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from orchestrator.cli.show import Live, Plain, bars
from orchestrator.model.job import RunResult
from orchestrator.model.progress import Note, ProgressEvent, StageDone, StageProgress, StageStarted
from orchestrator.model.progress import Progress as Sink
from orchestrator.report.clean import clean

LONG_S = 5.0  # a stage that took longer is told
SHOWN = 3  # findings


class Brief:
    """Hands on what somebody who waits wants to know. Without bars, only stages that show that
    they take long. quiet(): from now on nothing is drawn; what is said waits."""

    def __init__(self, sink: Sink, silence: Callable[[], None] | None) -> None:
        self.sink = sink
        self.silence = silence
        self.started: StageStarted | None = None
        self.talking = False
        self.kept: list[ProgressEvent] = []

    def __call__(self, event: ProgressEvent) -> None:
        if self.talking:
            self.kept += [event] if isinstance(event, Note) else []
        elif self.silence or isinstance(event, Note):
            if not isinstance(event, StageDone) or event.took_s > LONG_S:
                self.sink(event)
        elif isinstance(event, StageStarted):
            self.started = event
        elif isinstance(event, StageProgress) and event.stage not in ("boot", "source"):
            if self.started:
                self.sink(self.started)
                self.started = None
            self.sink(event)

    def quiet(self) -> None:
        self.talking = True
        if self.silence:
            self.silence()

    def rest(self) -> None:
        """What was kept, now that nobody talks."""
        for event in self.kept:
            Plain()(event)


@contextlib.contextmanager
def brief() -> Iterator[Brief]:
    """A sink for a session's progress on standard error."""
    with bars() as shown:
        sink = Brief(Live(shown) if shown else Plain(), shown.stop if shown else None)
        try:
            yield sink
        finally:
            sink.quiet()
    sink.rest()


def say(text: str) -> None:
    """A line of ours, among the guest's."""
    print(f"orchestrate: {clean(text)}", file=sys.stderr, flush=True)


def ending(result: RunResult, left: bool, code: int) -> None:
    """How it ended, if not by itself and well: whose word the exit code is."""
    troubles = result.troubles(left)
    for finding in troubles[:SHOWN]:
        say(f"{finding.verdict.value}: {finding.title}")
        for line in finding.evidence[:4]:
            print(f"  {clean(line.text)}", file=sys.stderr)
    if len(troubles) > SHOWN:
        say(f"and {len(troubles) - SHOWN} more findings, in run.json")
    status = result.command_status
    if troubles:
        told = "nobody heard how it ended" if status is None else f"it ended with {status}"
        say(f"exit code {code} is the verdict's, not the command's: {told}")
        say(f"run: {result.run_dir}")
    elif status and not left:
        say(f"the command ended with {status}")
