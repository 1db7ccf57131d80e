# SPDX-License-Identifier: GPL-2.0-only
"""Cells as pages show them: each tonight, each over the nights, and the grid they stand in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from orchestrator.model.dashboard import Dashboard, Mark, mixed
from orchestrator.model.night import Attempt, CellKey, Change
from orchestrator.model.night_run import settled
from orchestrator.model.standing import Standing
from orchestrator.model.verdict import Verdict
from orchestrator.report.dashboard_names import cell_file
from orchestrator.report.dashboard_plots import Timing, timing
from orchestrator.report.dashboard_tonight import CHANGES

_MARKS = {
    Verdict.PASS: Mark.PASS,
    Verdict.SKIP: Mark.SKIP,
    Verdict.INCOMPLETE: Mark.NOTHING,
    Verdict.INFRASTRUCTURE: Mark.HOST,
}
STAGES = ("build", "boot", "wall")
# Verdict → class and icon. Words stand beside it always.
STATES = {
    Verdict.PASS: "pass",
    Verdict.SKIP: "skipped",
    Verdict.INCOMPLETE: "incomplete",
    Verdict.FAIL: "fail",
    Verdict.HANG: "hang",
    Verdict.CRASH: "crash",
    Verdict.PATCH_BROKEN: "broken",
    Verdict.BUILD_BROKEN: "broken",
    Verdict.INFRASTRUCTURE: "host",
}


class CellView(Struct, frozen=True):
    """A cell tonight. word: of its verdict, "not run", or "not yet" while the night goes on.
    failing: its tests that fail tonight. nights: (place of the night, its attempts)."""

    cell: CellKey
    file: str
    word: str
    state: str
    standing: Standing | None
    failing: int
    marks: str
    nights: tuple[tuple[int, tuple[Attempt, ...]], ...]
    tonight: tuple[Attempt, ...]
    stages: tuple[Timing | None, ...]  # as STAGES has them

    @property
    def timings(self) -> tuple[Timing, ...]:
        """Of the stages there was any time of."""
        return tuple(each for each in self.stages if each)

    @property
    def change(self) -> str:
        """What is new about its verdict, "" where that says no more than the verdict."""
        found = CHANGES.get(self.standing.change) if self.standing else None
        return "" if found is None or found[1] == self.word else found[1]

    @property
    def remark(self) -> str:
        """ "new failure, 2 tests" """
        tests = "1 test" if self.failing == 1 else f"{self.failing} tests"
        return ", ".join(part for part in (self.change, tests if self.failing else "") if part)


def cell_views(data: Dashboard) -> tuple[CellView, ...]:
    """Tonight's cells, kernels one after the other, the tree itself before its patches."""
    by_cell: dict[CellKey, dict[int, list[Attempt]]] = {}
    for place, attempts in enumerate(data.past.attempts):
        for attempt in attempts:
            by_cell.setdefault(attempt.cell, {}).setdefault(place, []).append(attempt)
    standings = {each.cell: each for each in data.judged.standings if not each.test}
    failing: dict[CellKey, int] = {}
    for each in data.judged.standings:
        if each.test and each.change in (Change.NEW_FAILURE, Change.STILL_FAILING):
            failing[each.cell] = failing.get(each.cell, 0) + 1
    return tuple(
        _view(data, cell, by_cell.get(cell, {}), standings.get(cell), failing.get(cell, 0))
        for cell in in_order(_cells(data))
    )


def _cells(data: Dashboard) -> list[CellKey]:
    """Tonight's: those of the matrix, and whatever was run or is told of besides."""
    judged = data.judged
    run = (attempt.cell for attempt in judged.attempts)
    told = (standing.cell for standing in judged.standings)
    return list(dict.fromkeys((*judged.night.cells, *run, *told)))


def in_order(cells: Sequence[CellKey]) -> list[CellKey]:
    """As the matrix names the values of each axis, tree first, topology last."""
    axes = ("tree", "patch", "suites", "config", "topology")
    places = {
        axis: {value: n for n, value in enumerate(dict.fromkeys(getattr(c, axis) for c in cells))}
        for axis in axes
    }
    places["patch"] = {"": -1} | {k: v for k, v in places["patch"].items() if k}
    return sorted(cells, key=lambda cell: [places[axis][getattr(cell, axis)] for axis in axes])


class Row(Struct, frozen=True):
    """One line of a grid. cells: a column each, None where the matrix has no such cell."""

    config: str
    suites: str
    cells: tuple[CellView | None, ...]


class Grid(Struct, frozen=True):
    """One tree: a column a topology; rows by patch."""

    tree: str
    topologies: tuple[str, ...]
    patches: tuple[tuple[str, tuple[Row, ...]], ...]
    suites: bool  # is there more than one set of them?

    @property
    def cells(self) -> tuple[CellView, ...]:
        """All of them, in order."""
        rows = (row for _, rows in self.patches for row in rows)
        return tuple(cell for row in rows for cell in row.cells if cell)


def grids(views: Sequence[CellView]) -> tuple[Grid, ...]:
    """One for each tree."""
    trees: dict[str, list[CellView]] = {}
    for view in views:
        trees.setdefault(view.cell.tree, []).append(view)
    return tuple(_grid(tree, members) for tree, members in trees.items())


def _grid(tree: str, views: Sequence[CellView]) -> Grid:
    topologies = tuple(dict.fromkeys(view.cell.topology for view in views))
    known = {view.cell: view for view in views}
    rows: dict[str, dict[tuple[str, str], Row]] = {}
    for view in views:
        cell = view.cell
        keys = (CellKey(tree, cell.patch, cell.config, t, cell.suites) for t in topologies)
        row = Row(cell.config, cell.suites, tuple(known.get(key) for key in keys))
        rows.setdefault(cell.patch, {}).setdefault((cell.config, cell.suites), row)
    return Grid(
        tree=tree,
        topologies=topologies,
        patches=tuple((patch, tuple(each.values())) for patch, each in rows.items()),
        suites=len({view.cell.suites for view in views}) > 1,
    )


def _view(
    data: Dashboard,
    cell: CellKey,
    nights: dict[int, list[Attempt]],
    standing: Standing | None,
    failing: int,
) -> CellView:
    marks = [
        mixed(_MARKS.get(attempt.verdict, Mark.FAIL) for attempt in nights.get(place, ()))
        for place in range(len(data.past.nights))
    ]
    tonight = tuple(nights.get(len(data.past.nights) - 1, ()))
    if tonight:
        verdict = settled(tuple(attempt.verdict for attempt in tonight))
        word, state = verdict.value, STATES[verdict]
    else:
        left = cell in data.judged.night.not_run or data.judged.night.ended_at
        word, state = ("not run" if left else "not yet"), "notrun"
    times = [_times(nights, place) for place in range(len(data.past.nights))]
    return CellView(
        cell=cell,
        file=cell_file(cell),
        word=word,
        state=state,
        standing=standing,
        failing=failing,
        marks="".join(mark.value for mark in marks),
        nights=tuple((place, tuple(nights[place])) for place in sorted(nights)),
        tonight=tonight,
        stages=tuple(timing(what, [each[n] for each in times]) for n, what in enumerate(STAGES)),
    )


def _times(
    nights: dict[int, list[Attempt]], place: int
) -> tuple[float | None, float | None, float | None]:
    """Of a night's first attempt that has them: a retry finds its kernel built."""
    attempts = nights.get(place, ())
    build = next((a.build_s for a in attempts if a.build_s is not None), None)
    boot = next((a.boot_s for a in attempts if a.boot_s is not None), None)
    return build, boot, (attempts[0].wall_s if attempts else None)
