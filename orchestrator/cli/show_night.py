# SPDX-License-Identifier: GPL-2.0-only
"""How a night is shown: live on a terminal, a line a run elsewhere, the grid at the end."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from orchestrator.cli.show import Live, Plain, bars, duration, report_console, write_report
from orchestrator.model.night import CellKey
from orchestrator.model.night_run import CellEnded, CellStarted, NightEvent, NightResult
from orchestrator.model.standing import JudgedNight
from orchestrator.model.verdict import Verdict
from orchestrator.report.clean import clean
from orchestrator.report.night_changes import night_changes
from orchestrator.report.night_json import night_json
from orchestrator.report.night_text import night_report, plan_rows

if TYPE_CHECKING:
    from rich.progress import Progress

    from orchestrator.workflow.night import Outlook

_HEADLINE = 70  # characters


@contextlib.contextmanager
def live() -> Iterator[Callable[[NightEvent], None]]:
    """A sink for what a night says, on standard error. It may be called from any thread."""
    with bars() as shown:
        yield _Terminal(shown) if shown else _Log()


class _Log:
    """A line for each run that ended: fit for a CI log."""

    def __init__(self) -> None:
        self.stages = Plain()

    def __call__(self, event: NightEvent) -> None:
        if isinstance(event, CellEnded):
            sys.stderr.write(f"{ended(event)}\n")  # at once: threads speak, and print() says two
            sys.stderr.flush()
        elif not isinstance(event, CellStarted):
            self.stages(event)


class _Terminal:
    """One bar for the night, with what runs just now; the build's above it."""

    def __init__(self, shown: Progress) -> None:
        self.bars = shown
        self.stages = Live(shown)
        self.task = shown.add_task("night", total=None, detail="")
        self.running: dict[CellKey, None] = {}

    def __call__(self, event: NightEvent) -> None:
        if isinstance(event, CellStarted):
            self.running[event.cell] = None
        elif isinstance(event, CellEnded):
            self.running.pop(event.attempt.cell, None)
            style = "" if event.attempt.verdict is Verdict.PASS else "yellow"
            self.bars.console.print(Text(ended(event), style=style))
            self.bars.update(self.task, completed=event.done, total=event.total)
        else:
            self.stages(event)
            return
        now = ", ".join(str(cell) for cell in list(self.running))
        self.bars.update(self.task, detail=clean(now))


def ended(event: CellEnded) -> str:
    """ "[ 3/24] mine/fix/numa/numa4: pass in 2.4 s, about 1 min 20 s left" """
    one = event.attempt
    width = len(str(event.total))
    suites = f" {one.cell.suites}" if one.cell.suites else ""
    said = f"{one.verdict.value} in {duration(one.wall_s)}"
    if one.verdict is not Verdict.PASS and one.headline:
        said += f": {one.headline[:_HEADLINE]}"
    after = "; once more" if event.again else ""
    left = f", about {duration(event.left_s)} left" if event.left_s >= 1 else ""
    place = f"[{event.done:>{width}}/{event.total}]"
    return clean(f"{place} {one.cell}{suites}: {said}{after}{left}")


def result(outcome: NightResult, json_file: Path | None, judged: JudgedNight) -> None:
    """The report on standard output, and the file that was asked for."""
    if json_file:
        write_report(json_file, night_json(outcome))
    report_console(json_file).print(night_report(outcome, night_changes(judged)))


def outlook(found: Outlook, budget_s: float | None) -> None:
    """What would be run, in order; then all of it in a line."""
    times = found.forecast
    rows = []
    for planned in found.planned:
        cell = planned.cell
        name = f"{cell} {cell.suites}" if cell.suites else str(cell)
        begins = duration(times.starts[cell]) if cell in times.starts else "no time left"
        rows.append((name, planned.words, begins, duration(planned.boot_s)))
    console = report_console(None)
    console.print(plan_rows(rows))
    to_build = len(found.kernels) - len(found.built)
    built = f"{to_build} of them to be built" if to_build else "all of them built"
    within = f" of {duration(budget_s)}" if budget_s else ""
    console.print(
        f"\n{len(times.starts)} of {len(found.planned)} cells on {len(found.kernels)} kernels "
        f"({built}), {found.limits.slots} at a time: about {duration(times.took_s)}{within}"
    )
