# SPDX-License-Identifier: GPL-2.0-only
"""Rows of test histories: name, strip, figures. There are 100,000 of them, so what is the same in
many is made once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import markupsafe

from orchestrator.model.dashboard import Mark
from orchestrator.report.dashboard_names import anchor, name, suite_file, suite_of
from orchestrator.report.dashboard_strips import LEGEND, strip
from orchestrator.report.dashboard_tests import RED, HistoryRow

_WORDS = dict(LEGEND)
_KEPT = 4096


def test_rows(rows: Sequence[HistoryRow], days: tuple[str, ...]) -> markupsafe.Markup:
    """Of a cell: list items, each test by its name, which leads to its suite."""
    return markupsafe.Markup("\n").join(_begin(row.name) + bars(row.marks, days) for row in rows)


@lru_cache(_KEPT)
def bars(marks: str, days: tuple[str, ...]) -> markupsafe.Markup:
    """Strip and figures, as a list item ends with them."""
    red = sum(marks.count(letter) for letter in RED)
    ran = len(marks) - marks.count(Mark.NOT_RUN.value)
    css = "fig" if red else "fig plain"
    said = f"{red} of {ran} nights red" if red else f"{ran} of {len(marks)} nights"
    if marks[-1] in RED:
        said += f'; <span class="fail word">tonight {_WORDS[Mark(marks[-1])]}</span>'
    return markupsafe.Markup(
        f'<span class="bars">{strip(marks, days)}</span><span class="{css}">{said}</span></li>'
    )


@lru_cache(_KEPT)
def _begin(test: str) -> markupsafe.Markup:
    where = f"{suite_file(suite_of(test))}#{anchor(test)}"
    return markupsafe.Markup(
        f'<li id="{anchor(test)}"><span class="name"><a href="{where}">{name(test)}</a></span>'
    )
