# SPDX-License-Identifier: GPL-2.0-only
"""The dashboard's templates: everything escaped, nothing fetched, no script but our own."""

from __future__ import annotations

from functools import cache

import jinja2

from orchestrator.model.night import Change
from orchestrator.report.dashboard_cells import STATES
from orchestrator.report.dashboard_names import (
    anchor,
    cell_file,
    cell_words,
    isolated,
    name,
    shown,
    suite_file,
    suite_of,
)
from orchestrator.report.dashboard_plots import WINDOW, seconds
from orchestrator.report.dashboard_rows import bars, test_rows
from orchestrator.report.dashboard_strips import LEGEND, strip
from orchestrator.report.dashboard_tonight import BETTER, CHANGES, against_base, detail, said
from orchestrator.report.html_template import html_environment

_HELPERS = (anchor, cell_file, cell_words, isolated, name, shown, suite_file, suite_of,
            seconds, strip, bars, test_rows, against_base, detail, said)  # fmt: skip


@cache
def environment() -> jinja2.Environment:
    """With all that the templates call."""
    made = html_environment("dashboard.css", "dashboard.js")
    made.globals |= {each.__name__: each for each in _HELPERS}
    made.globals |= {
        "marks": LEGEND,
        "states": STATES,
        "changes": {**CHANGES, Change.PASSES: BETTER},
        "window": WINDOW,
        "since": since,
        "day": day,
        "when": when,
    }
    return made


def day(moment: str) -> str:
    """ "2026-11-24T22:00:00+00:00" → "2026-11-24" """
    return shown(moment)[:10]


def when(moment: str) -> str:
    """ "2026-11-24 22:00 UTC" """
    text = shown(moment)
    utc = " UTC" if text.endswith(("+00:00", "Z")) else ""
    return text[:16].replace("T", " ") + utc


def since(change: Change, moment: str) -> str:
    """ "since 2026-11-20"; of what is fixed, when it last failed."""
    return f"{'last failed' if change is Change.FIXED else 'since'} {day(moment)}"
