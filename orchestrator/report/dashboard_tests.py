# SPDX-License-Identifier: GPL-2.0-only
"""Tests over the nights: in one cell, and in all of them together, by suite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from orchestrator.model.dashboard import Dashboard, Mark
from orchestrator.model.night import CellKey
from orchestrator.report.dashboard_names import suite_file, suite_of

_GREEN = {
    mark.value for mark in (Mark.PASS, Mark.KNOWN, Mark.SKIP, Mark.HOST, Mark.NOT_RUN)
}  # fmt: skip
# What several cells say together: the worst of them.
_WORST = "".join(
    mark.value
    for mark in (
        Mark.FAIL,
        Mark.MIXED,
        Mark.NOTHING,
        Mark.KNOWN,
        Mark.PASS,
        Mark.SKIP,
        Mark.HOST,
        Mark.NOT_RUN,
    )
)
RED = (Mark.FAIL.value, Mark.MIXED.value, Mark.NOTHING.value)


class HistoryRow(Struct, frozen=True):
    """One test. cells: in which it was ever anything but green, each with its history."""

    name: str
    marks: str
    cells: tuple[tuple[CellKey, HistoryRow], ...] = ()
    ran_in: int = 1

    @property
    def red(self) -> int:
        """Nights in which it was not green."""
        return sum(self.marks.count(letter) for letter in RED)

    @property
    def rank(self) -> tuple[int, int, str]:
        """Orders rows worst first: red tonight, then red in most nights, then by name."""
        return (self.marks[-1] not in RED, -self.red, self.name)


class SuiteView(Struct, frozen=True):
    """A suite: its tests, worst first. file: of its page."""

    name: str
    file: str
    marks: str
    tests: tuple[HistoryRow, ...]

    @property
    def red_tonight(self) -> int:
        """Tests that are not green tonight."""
        return sum(row.marks[-1] in RED for row in self.tests)


def suite_views(data: Dashboard, shown: Iterable[CellKey]) -> tuple[SuiteView, ...]:
    """All suites by name, in the cells that are shown."""
    cells = set(shown)
    found: dict[str, list[tuple[CellKey, str]]] = {}
    for (cell, test), marks in data.past.tests.items():
        if cell in cells:
            found.setdefault(test, []).append((cell, marks))
    suites: dict[str, list[HistoryRow]] = {}
    for test, lines in found.items():
        suites.setdefault(suite_of(test), []).append(_row(test, lines))
    return tuple(
        SuiteView(
            name=suite,
            file=suite_file(suite),
            marks=together([row.marks for row in rows]),
            tests=tuple(sorted(rows, key=lambda row: row.rank)),
        )
        for suite, rows in sorted(suites.items())
    )


def by_cell(data: Dashboard) -> dict[CellKey, tuple[HistoryRow, ...]]:
    """Each cell's tests, worst first."""
    found: dict[CellKey, list[HistoryRow]] = {}
    for (cell, test), marks in data.past.tests.items():
        found.setdefault(cell, []).append(HistoryRow(test, marks))
    return {
        cell: tuple(sorted(rows, key=lambda row: row.rank)) for cell, rows in found.items()
    }  # fmt: skip


def together(lines: Sequence[str]) -> str:
    """The worst of each night."""
    if len(lines) == 1:
        return lines[0]
    nights = (set(letters) for letters in zip(*lines, strict=True))
    return "".join(next(one for one in _WORST if one in letters) for letters in nights)


def _row(test: str, lines: Sequence[tuple[CellKey, str]]) -> HistoryRow:
    red = [(cell, HistoryRow(test, marks)) for cell, marks in lines if set(marks) - _GREEN]
    red.sort(key=lambda each: (each[1].rank, each[0]))
    return HistoryRow(test, together([marks for _, marks in lines]), tuple(red), len(lines))
