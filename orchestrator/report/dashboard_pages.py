# SPDX-License-Identifier: GPL-2.0-only
"""Dashboard → its pages, one after the other: file name and HTML.

What names, headlines and hosts are called was decided by others: all of it is escaped, and file
names, ids and links are made of digests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator.model.dashboard import Dashboard
from orchestrator.model.night import CellKey
from orchestrator.model.standing import Standing
from orchestrator.report.dashboard_cells import STAGES, CellView, Grid, cell_views, grids
from orchestrator.report.dashboard_names import tree_file
from orchestrator.report.dashboard_template import day, environment
from orchestrator.report.dashboard_tests import by_cell, suite_views
from orchestrator.report.dashboard_tonight import CHANGES, is_better, sections, sentence
from orchestrator.report.dashboard_trend import trend

INDEX = "index.html"
GRID_CELLS = 400  # that the first page shows; trees have pages of their own if there are more
SUITE_CELLS = 20  # of each test, on the page of its suite
LATEST_SIGNATURES = 8

_NAV = (
    (INDEX, "Tonight"),
    ("tests.html", "Tests"),
    ("crashes.html", "Crashes"),
    ("timing.html", "Times"),
)


def pages(data: Dashboard) -> Iterator[tuple[str, str]]:
    """(file name, HTML), the first page last: all that it links to is there by then."""
    views = cell_views(data)
    days = tuple(day(night.started_at) for night in data.past.nights)
    common = {"data": data, "days": days, "nav": _NAV, "night": data.judged.night, "views": views}
    shown = {view.cell for view in views}
    common["known"] = {test for cell, test in data.past.tests if cell in shown}
    yield from _cells(data, views, common)
    yield from _tests(data, views, common)
    trees = grids(views)
    common |= {
        "stages": STAGES,
        "split": len(views) > GRID_CELLS,
        "trees": [_tree(tree) for tree in trees],
    }
    yield _page("timing.html", common, has_filter=True)
    yield _page("crashes.html", common, has_filter=True)
    found = sections(data.judged.standings)
    yield _page("tonight.html", common, sections=found)
    for tree in trees if common["split"] else ():
        yield _named(tree_file(tree.tree), "tree", common, each=tree)
    yield _page(
        INDEX,
        common,
        sections=found,
        sentence=sentence(data, found),
        green=sum(view.state == "pass" for view in views),
        hosts=list(dict.fromkeys(attempt.host for attempt in data.judged.attempts)),
        grids=trees,
        trend=trend(views, days),
        latest_signatures=data.signatures[: -LATEST_SIGNATURES - 1 : -1],
    )


def _cells(
    data: Dashboard, views: Sequence[CellView], common: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    tests = by_cell(data)
    standings: dict[CellKey, list[Standing]] = {}
    for each in data.judged.standings:
        if each.test and (each.change in CHANGES or is_better(each)):
            standings.setdefault(each.cell, []).append(each)
    for view in views:
        yield _named(
            view.file,
            "cell",
            common,
            view=view,
            tests=tests.get(view.cell, ()),
            here_known={row.name for row in tests.get(view.cell, ())},
            standings=standings.get(view.cell, ()),
            has_filter=True,
        )


def _tests(
    data: Dashboard, views: Sequence[CellView], common: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    suites = suite_views(data, (view.cell for view in views))
    for suite in suites:
        yield _named(suite.file, "suite", common, suite=suite, most=SUITE_CELLS, has_filter=True)
    count = sum(len(suite.tests) for suite in suites)
    yield _page("tests.html", common, suites=suites, count=count, has_filter=True)


def _tree(tree: Grid) -> dict[str, Any]:
    counts = Counter((view.state, view.word) for view in tree.cells)
    return {
        "name": tree.tree,
        "file": tree_file(tree.tree),
        "cells": len(tree.cells),
        "counts": [(state, word, count) for (state, word), count in counts.most_common()],
    }


def _page(file: str, common: dict[str, Any], **more: Any) -> tuple[str, str]:
    return _named(file, file.removesuffix(".html"), common, **more)


def _named(file: str, kind: str, common: dict[str, Any], **more: Any) -> tuple[str, str]:
    template = environment().get_template(f"dashboard_{kind}.html")
    return file, template.render(**common, here=file, **more)
