# SPDX-License-Identifier: GPL-2.0-only
"""How commands show progress and results: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from orchestrator.model import rundir
from orchestrator.model.errors import UsageError
from orchestrator.model.job import RunResult
from orchestrator.model.progress import (
    Note,
    ProgressEvent,
    StageDone,
    StageProgress,
    StageStarted,
)
from orchestrator.model.progress import Progress as Sink
from orchestrator.model.series import SeriesResult
from orchestrator.report.clean import clean

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PLAIN_EVERY = 0.1  # share of a stage between two plain lines
PLAIN_WIDTH = 110


def check_writable(file: Path | None) -> None:
    """UsageError before a long run rather than after it."""
    if file is None or str(file) == "-":
        return
    folder = file.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or file.is_dir():
        raise UsageError(f"cannot write {file}", "the folder must exist and be writable")


@contextlib.contextmanager
def live() -> Iterator[Sink]:
    """A progress sink on standard error."""
    with bars() as shown:
        yield Live(shown) if shown else Plain()


@contextlib.contextmanager
def bars() -> Iterator[Progress | None]:
    """Bars on standard error; None if it is no terminal that could show them."""
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield None
        return
    # Imported here: only a terminal has bars.
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(24),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as shown:
        yield shown


class Plain:
    """One line a stage, and one each tenth of a long one: fit for a CI log."""

    def __init__(self) -> None:
        self.shown = 0.0

    def __call__(self, event: ProgressEvent) -> None:
        line = self._line(event)
        if line:
            print(clean(line), file=sys.stderr, flush=True)

    def _line(self, event: ProgressEvent) -> str:
        match event:
            case StageStarted(stage, detail):
                self.shown = 0.0
                return f"{stage}: {detail}" if detail else f"{stage} ..."
            case StageProgress(stage, done, total, _) if total and stage != "boot":
                if done / total < self.shown + PLAIN_EVERY:
                    return ""
                self.shown = done / total
                return f"{stage}: {amount(event)}"
            case StageDone():
                return f"{event.stage}: {ended(event)}"
            case Note(text):
                return f"note: {text}"
        return ""


class Live:
    """One bar for the stage that runs; ended stages stay as lines above it."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.task: TaskID | None = None

    def __call__(self, event: ProgressEvent) -> None:
        match event:
            case StageStarted(stage, detail):
                self._drop()
                self.task = self.bars.add_task(stage, total=None, detail=clean(detail))
            case StageProgress(_, done, total, _) if self.task is not None:
                self.bars.update(
                    self.task, completed=done, total=total or None, detail=amount(event)
                )
            case StageDone():
                self._drop()
                self._say(f"{event.stage}: {ended(event)}")
            case Note(text):
                self._say(f"note: {text}")

    def _say(self, line: str) -> None:
        self.bars.console.print(clean(line), markup=False, highlight=False)

    def _drop(self) -> None:
        if self.task is not None:
            self.bars.remove_task(self.task)
            self.task = None


def amount(event: StageProgress) -> str:
    """ "420 of about 1450 files, 2 min left" """
    about = "about " if event.unit == "files" else ""
    of = f" of {about}{event.total}" if event.total else ""
    left = f", {duration(event.left_s)} left" if event.left_s is not None else ""
    return f"{event.done}{of} {event.unit}{left}"


def ended(event: StageDone) -> str:
    took = "nothing to do" if event.cached else f"done in {duration(event.took_s)}"
    return f"{took} ({event.detail})" if event.detail else took


def duration(seconds: float) -> str:
    """ "0.4 s", "12 s", "3 min 20 s" """
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def result(
    outcome: RunResult, json_file: Path | None, junit_file: Path | None, aside: bool = False
) -> None:
    """The report on standard output, and the files that were asked for. aside: standard output is
    somebody else's."""
    from orchestrator.report.document import document, to_json
    from orchestrator.report.junit import junit
    from orchestrator.report.text import report

    if json_file:
        write_report(json_file, to_json(document(outcome)))
    if junit_file:
        write_report(junit_file, junit(outcome))
    console = report_console(json_file, aside)
    console.print(report(outcome))
    log = outcome.run_dir / rundir.BUILD_LOG
    if outcome.evidence is None and log.is_file():
        console.print(f"log: {log}", markup=False)


def series(outcome: SeriesResult, json_file: Path | None) -> None:
    """The same for a series."""
    from orchestrator.report.series import series_json, series_report

    if json_file:
        write_report(json_file, series_json(outcome))
    report_console(json_file).print(series_report(outcome))


def report_console(json_file: Path | None, aside: bool = False) -> Console:
    """Where reports go: standard output, unless the JSON goes there, or something else does."""
    console = Console(stderr=aside or str(json_file) == "-", highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = max(PLAIN_WIDTH, shutil.get_terminal_size().columns)
    return console


def write_report(file: Path, content: str | bytes) -> None:
    """Whole or not at all; - is standard output."""
    data = content if isinstance(content, bytes) else content.encode()
    if str(file) == "-":
        click.echo(content, nl=False)
        return
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(file)
    except BaseException:  # Ctrl-C, too, leaves nothing half-written
        partial.unlink(missing_ok=True)
        raise
