# SPDX-License-Identifier: GPL-2.0-only
"""How many cells were green, night by night."""

from __future__ import annotations

from collections.abc import Sequence

import markupsafe
from msgspec import Struct

from orchestrator.model.dashboard import Mark
from orchestrator.report.dashboard_cells import CellView


class NightCount(Struct, frozen=True):
    """Cells of one night."""

    day: str
    green: int
    red: int
    not_run: int


class Trend(Struct, frozen=True):
    """rows: nights, the latest first. top: of the plot, in cells."""

    rows: tuple[NightCount, ...]
    top: int
    plot: markupsafe.Markup


def trend(views: Sequence[CellView], days: Sequence[str]) -> Trend:
    """Of tonight's cells, in all the nights."""
    counts = [_count(day, [view.marks[n] for view in views]) for n, day in enumerate(days)]
    top = max(1, len(views))
    red, green = [], []
    for n, each in enumerate(counts):
        if each.red:
            red.append(f"M{n + 0.5} {top}V{top - each.red}")
        if each.green:
            green.append(f"M{n + 0.5} {top - each.red}v-{each.green}")
    plot = markupsafe.Markup(
        f'<svg class="plot nights" viewBox="0 0 {max(1, len(counts))} {top}" '
        f'preserveAspectRatio="none" aria-hidden="true"><path class="p" d="{"".join(green)}"/>'
        f'<path class="f" d="{"".join(red)}"/></svg>'
    )
    return Trend(tuple(reversed(counts)), top, plot)


def _count(day: str, letters: Sequence[str]) -> NightCount:
    green = letters.count(Mark.PASS.value)
    not_run = letters.count(Mark.NOT_RUN.value)
    return NightCount(day, green, len(letters) - green - not_run, not_run)
