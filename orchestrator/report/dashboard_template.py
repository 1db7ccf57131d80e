# SPDX-License-Identifier: GPL-2.0-only
"""The dashboard's templates: everything escaped, nothing fetched, no script but our own."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

import jinja2

from orchestrator import __version__
from orchestrator.model.night import Change
from orchestrator.report.clean import clean
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

_HELPERS = (anchor, cell_file, cell_words, isolated, name, shown, suite_file, suite_of,
            seconds, strip, bars, test_rows, against_base, detail, said)  # fmt: skip


@cache
def environment() -> jinja2.Environment:
    """With all that the templates call."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("orchestrator", "data/html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        lstrip_blocks=True,
        finalize=lambda value: type(value)(clean(value)) if _unclean(value) else value,
    )
    made.globals |= {each.__name__: each for each in _HELPERS}
    made.globals |= {
        "version": __version__,
        "marks": LEGEND,
        "states": STATES,
        "changes": {**CHANGES, Change.PASSES: BETTER},
        "window": WINDOW,
        "since": since,
        "day": day,
        "when": when,
    }
    made.globals["policy"] = _policy(made)
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


def _unclean(value: object) -> bool:
    """Only plain strings can hold what a guest printed; markup is our own, or was escaped from
    what shown() made harmless."""
    return type(value) is str and not value.isprintable()


def _policy(made: jinja2.Environment) -> str:
    """What a browser may do with a page: apply our style, run our script, nothing else."""
    style, script = (_hash(made, file) for file in ("dashboard.css", "dashboard.js"))
    return (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(made: jinja2.Environment, file: str) -> str:
    text = made.get_template(file).render()
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
