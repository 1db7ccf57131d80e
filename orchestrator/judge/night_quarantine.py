# SPDX-License-Identifier: GPL-2.0-only
"""Which failures somebody has taken upon himself, and which entries of the list do not hold."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from orchestrator.judge.night_sights import CELL, Sight, Sights, about, failed, statuses
from orchestrator.model.night import Attempt, CaseStatus, CellKey
from orchestrator.model.standing import Quarantine
from orchestrator.model.verdict import Verdict


def holds(entry: Quarantine, today: datetime.date) -> bool:
    """`until` is the last day it does."""
    return today <= datetime.date.fromisoformat(entry.until)


def covering(entries: Sequence[Quarantine], cell: CellKey, test: str) -> Quarantine | None:
    """The first that means this test. One whose tests are "*" means the cell's verdict too,
    whatever it is."""
    return next((entry for entry in entries if _means(entry, cell, test)), None)


def covering_cell(entries: Sequence[Quarantine], sight: Sight) -> Quarantine | None:
    """The entry that covers a cell's failure: whatever its attempts found are failed tests, and
    all of them are in quarantine."""
    cell = sight.attempts[0].cell
    whole = covering(entries, cell, CELL)
    if whole:
        return whole
    found = None
    for attempt in sight.attempts:
        if attempt.verdict is Verdict.PASS:
            continue
        red = failed(attempt)
        covers = [covering(entries, cell, test) for test in red]
        if not covers or not all(covers) or not _nothing_else(attempt, red):
            return None
        found = found or covers[0]
    return found


def warnings(
    entries: Sequence[Quarantine],
    today: datetime.date,
    cells: Iterable[CellKey],
    sights: Sights,
) -> Iterator[str]:
    """A line for each entry that is over, or that means nothing there is."""
    cells = tuple(cells)
    names = {cell: {test for one in sights.get(cell, ()) for test in one.results} for cell in cells}
    for entry in entries:
        where = f"quarantine of {entry.tests} in {entry.cells}"
        who = f"({entry.owner}; line {entry.line})" if entry.line else f"({entry.owner})"
        if not holds(entry, today):
            yield f"{where} was over on {entry.until}, its failures count {who}"
            continue
        mine = [cell for cell in cells if fnmatchcase(str(cell), entry.cells)]
        if not mine:
            yield f"{where} means no cell {who}"
        elif all(names[cell] for cell in mine) and not any(
            fnmatchcase(test, entry.tests) for cell in mine for test in names[cell]
        ):
            yield f"{where} means no test {who}"


def _means(entry: Quarantine, cell: CellKey, test: str) -> bool:
    return fnmatchcase(test, entry.tests) and fnmatchcase(str(cell), entry.cells)


def _nothing_else(attempt: Attempt, red: Sequence[str]) -> bool:
    """Was the run whole, and is every finding of it a failure of these tests?"""
    if attempt.verdict is not Verdict.FAIL or not attempt.titles:
        return False
    heard = CaseStatus.NONE not in statuses(attempt).values()
    return heard and all(any(about(title, test) for test in red) for title in attempt.titles)
