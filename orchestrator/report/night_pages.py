# SPDX-License-Identifier: GPL-2.0-only
"""What the history knows, for a terminal: one night, the latest nights, one test over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.history import CaseSeen
from orchestrator.model.night import CaseStatus, CellKey, Night
from orchestrator.model.night_run import settled
from orchestrator.model.standing import JudgedNight, Rate
from orchestrator.model.verdict import Verdict
from orchestrator.report.clean import clean
from orchestrator.report.night_changes import name, night_changes

ID = 8  # characters of a night's, which are enough to tell it from others
_GREEN = (Verdict.PASS, CaseStatus.PASS)
_RED = (Verdict.PASS, Verdict.SKIP, Verdict.INCOMPLETE, CaseStatus.SKIP, CaseStatus.NONE)

Verdicts = Mapping[CellKey, Sequence[Verdict]]  # of each cell that was run, its attempts in order


def one_night(judged: JudgedNight, verdict: Verdict) -> RenderableType:
    """All of it, the verdict last."""
    return Group(*_night(judged, verdict))


def _night(judged: JudgedNight, verdict: Verdict) -> Iterator[RenderableType]:
    night = judged.night
    yield Text(f"night {clean(night.id)} of {clean(night.matrix)}: {_span(night)}")
    yield night_changes(judged)
    text = Text("verdict: ")
    text.append(verdict.value, style=_style(verdict))
    yield text.append(f"  ({_counts(night, judged.verdicts)})")


def _counts(night: Night, made: Verdicts) -> str:
    counts = Counter(settled(tuple(each)).value for each in made.values())
    silent = sum(1 for cell in night.cells if cell not in made)
    said = [f"{count} {word}" for word, count in counts.most_common()]
    return ", ".join([*said, f"{silent} not run"] if silent or not said else said)


def _span(night: Night) -> str:
    until = f" to {clean(_minute(night.ended_at))}" if night.ended_at else ", not ended"
    return f"{clean(_minute(night.started_at))}{until}"


def _minute(iso: str) -> str:
    """Of a time in ISO 8601."""
    return iso[:16].replace("T", " ")


def nights(found: Sequence[tuple[Night, Verdicts]]) -> Table:
    """A line each, in the order given."""
    table = _table("night", "matrix", "began", "cells", "what they said")
    for night, made in found:
        began = _minute(night.started_at)
        words = (night.id[:ID], night.matrix, began, str(len(night.cells)), _counts(night, made))
        table.add_row(*(Text(clean(word)) for word in words))
    return table


def one_test(test: str, seen: Sequence[CaseSeen], rate: Rate | None) -> RenderableType:
    """A line a run, in the order given; what they come to last. rate: None if none tells."""
    table = _table("began", "night", "cell", "result", "took", "run", "host")
    for one in seen:
        took = "" if one.duration_s is None else f"{one.duration_s:.3g} s"
        table.add_row(
            Text(clean(_minute(one.started_at))),
            Text(clean(one.night[:ID])),
            Text(clean(name(one.cell))),
            Text(one.status.value, style=_style(one.status)),
            Text(took),
            Text(one.verdict.value, style=_style(one.verdict)),
            Text(clean(one.host)),
        )
    total = f"{clean(test)}: {len(seen)} runs"
    if rate:
        low, high = 100 * rate.low, 100 * rate.high
        total += f", {rate.failed} of {rate.runs} that tell failed ({low:.0f} to {high:.0f} %)"
    return Group(table, Text(total))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _style(said: Verdict | CaseStatus) -> str:
    if said in _GREEN:
        return "green"
    return "yellow" if said in _RED else "red"
