# SPDX-License-Identifier: GPL-2.0-only
"""The history → a folder of pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from orchestrator.edge import published
from orchestrator.edge.history.history import History
from orchestrator.edge.run_links import run_links
from orchestrator.model.dashboard import Dashboard, Past
from orchestrator.model.errors import UsageError
from orchestrator.model.night import Attempt
from orchestrator.model.standing import Quarantine
from orchestrator.report.dashboard_pages import INDEX, pages
from orchestrator.workflow.clock import now
from orchestrator.workflow.night_judged import judged_night
from orchestrator.workflow.run_page import give_pages

NIGHTS = 100  # that are shown
RUN_PAGES = 20  # of tonight's runs that are not green; a page takes up to a second


class Made(Struct, frozen=True):
    """What was made. index: the first page."""

    index: Path
    matrix: str
    nights: int
    results: int
    pages: int


def make_dashboard(
    history: History,
    folder: Path,
    matrix: str = "",
    nights: int = NIGHTS,
    quarantine: Sequence[Quarantine] = (),
) -> Made:
    """The dashboard of a matrix ("": the one that had a night last), over its latest nights.

    Raises UsageError if there is nothing to show, or `folder` holds something else, and
    InfrastructureError if the history cannot be read or the folder not be written.
    """
    published.check(folder)
    matrix = _matrix(history, matrix)
    past = history.past(matrix, nights)
    judged = judged_night(history, past.nights[-1].id, matrix, quarantine)
    give_pages(_red(judged.attempts), RUN_PAGES)
    data = Dashboard(
        judged=judged,
        past=past,
        signatures=history.signatures(matrix),
        runs=run_links(folder, (each for night in past.attempts for each in night)),
        made_at=now(),
        source=history.name,
    )
    with published.publishing(folder) as fresh:
        count = published.write_pages(fresh, pages(data))
    return Made(folder / INDEX, matrix, len(past.nights), _results(past), count)


def _matrix(history: History, asked: str) -> str:
    known = history.matrices()
    if not known:
        raise UsageError(
            f"the history {history.name} has no night yet", "orchestrate nightly run MATRIX.toml"
        )
    if asked and asked not in known:
        names = ", ".join(known[:5])
        raise UsageError(f"the history has no matrix {asked!r}", f"it has {names}")
    return asked or known[0]


def _red(attempts: Sequence[Attempt]) -> Iterator[Path]:
    """Where the runs are that a reader will want to look at, if they are on this machine."""
    for each in attempts:
        if each.verdict.exit_code and each.run_dir.startswith("/") and "\0" not in each.run_dir:
            yield Path(each.run_dir)


def _results(past: Past) -> int:
    """Nights in which a test of a cell was run, all together."""
    return sum(len(marks) - marks.count(".") for marks in past.tests.values())
