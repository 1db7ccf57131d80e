# SPDX-License-Identifier: GPL-2.0-only
"""A night of the history, judged: what reports, the dashboard and messages are made from."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterator, Sequence

from orchestrator.edge.history.history import History
from orchestrator.judge.nights import judge_night
from orchestrator.model.errors import UsageError
from orchestrator.model.history import NightRuns
from orchestrator.model.standing import JudgedNight, Quarantine

NIGHTS = 30  # before the one that is judged


def judged_night(
    history: History,
    night_id: str | None,
    matrix: str | None,
    quarantine: Sequence[Quarantine],
) -> JudgedNight:
    """The night of that id, or one whose beginning it is; else the latest of the matrix; else the
    latest there is. The quarantine is that of today.

    Raises UsageError if there is no such night, InfrastructureError if the history is not there.
    """
    return next(_judged(history, night_id, matrix, quarantine, 1))


def judged_pair(
    history: History,
    night_id: str | None,
    matrix: str | None,
    quarantine: Sequence[Quarantine],
) -> tuple[JudgedNight, JudgedNight | None]:
    """The same, and the night before it, None if there is none. Both are read at once."""
    tonight, *before = _judged(history, night_id, matrix, quarantine, 2)
    return tonight, before[0] if before else None


def _judged(
    history: History,
    night_id: str | None,
    matrix: str | None,
    quarantine: Sequence[Quarantine],
    count: int,
) -> Iterator[JudgedNight]:
    """So many nights, the one that is asked for first, each against NIGHTS before it."""
    tonight = found_night(history, night_id, matrix)
    more = history.runs(tonight.night.matrix, NIGHTS + count - 1, before=tonight.night.id)
    nights = (tonight, *more)
    today = datetime.datetime.now(datetime.UTC).date()
    for number, night in enumerate(nights[:count]):
        before = nights[number + 1 : number + 1 + NIGHTS]
        yield judge_night(night, before, quarantine, today)


def found_night(history: History, night_id: str | None, matrix: str | None) -> NightRuns:
    """The same, as it was run."""
    if not night_id:
        latest = history.nights(matrix or "", 1)
        if not latest:
            of = f" of the matrix {matrix}" if matrix else ""
            raise UsageError(f"history {history.name}: it has no night{of}", "nightly run")
        night_id = latest[0].id
    found = history.nights_like(night_id)
    if len(found) != 1:
        there = f"{len(found)} nights begin with" if found else "there is no night"
        raise UsageError(f"history {history.name}: {there} {night_id}", "see: nightly list")
    runs = history.night(found[0])
    if runs is None:
        raise UsageError(f"history {history.name}: there is no night {night_id}")
    return runs


def known_test(history: History, test: str) -> None:
    """UsageError with the nearest name if no run ever had such a test."""
    known = history.tests()
    if test not in known:
        near = difflib.get_close_matches(test, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "names are SUITE.CASE"
        raise UsageError(f"history {history.name}: no run had a test {test!r}", hint)
