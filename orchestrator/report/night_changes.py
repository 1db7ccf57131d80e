# SPDX-License-Identifier: GPL-2.0-only
"""JudgedNight → what changed, worst first, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.model.night import CellKey, Change
from orchestrator.model.standing import JudgedNight, Standing
from orchestrator.report.clean import clean

_SHOWN = 20  # of one sort
_STYLE = {
    Change.NEW_FAILURE: "bold red",
    Change.STILL_FAILING: "red",
    Change.FLAKY: "yellow",
    Change.SLOWER: "yellow",
    Change.NOT_RUN: "yellow",
    Change.QUARANTINED: "magenta",
    Change.KNOWN: "magenta",
    Change.FIXED: "green",
}
_BASE = {
    Change.NEW_FAILURE: "not so without the patch",
    Change.STILL_FAILING: "so without the patch too",
    Change.FIXED: "fails without the patch",
    Change.FLAKY: "flaky without the patch, or with it",
}


def night_changes(judged: JudgedNight) -> RenderableType:
    """A heading and its lines for each sort of change, then what to know."""
    return Group(*_parts(judged))


def _parts(judged: JudgedNight) -> Iterator[RenderableType]:
    before = judged.previous
    if before:
        yield Text(f"against the night of {clean(day(before.started_at))} and those before it")
    else:
        yield Text("no night before to compare with")
    told = [one for one in _less(judged.standings) if one.change is not Change.PASSES]
    for change, group in groupby(told, key=lambda one: one.change):
        rows = list(group)
        yield Text(f"{change.value}: {len(rows)}", style=_STYLE[change])
        yield from (Text(f"  {line(one)}") for one in rows[:_SHOWN])
        if len(rows) > _SHOWN:
            yield Text(f"  ... and {len(rows) - _SHOWN} more")
    if not told:
        yield Text("nothing has changed: all that ran passes", style="green")
    repaired = [one for one in judged.standings if _repaired(one)]
    if repaired:
        yield Text(f"fails without the patch, passes with it: {len(repaired)}", style="green")
        yield from (Text(f"  {name(one.cell)} {clean(one.test)}") for one in repaired[:_SHOWN])
    yield from (Text(f"warning: {clean(text)}", style="yellow") for text in judged.warnings)


def _repaired(one: Standing) -> bool:
    return one.change is Change.PASSES and one.against_base is Change.FIXED


def _less(standings: Sequence[Standing]) -> list[Standing]:
    """Without cells of whom a test says the same."""
    tests = [one for one in standings if one.test]
    changes = {(one.cell, one.change) for one in tests}
    headlines = {(one.cell, one.headline) for one in tests}
    return [
        one
        for one in standings
        if one.test
        or (one.cell, one.change) not in changes
        or (one.cell, one.headline) not in headlines
    ]


def line(one: Standing) -> str:
    """ "mine/fix/numa/numa4 orch_stop.two: failed; since 2026-11-20" """
    what = _what(one)
    words = [f"{name(one.cell)}{f' {clean(one.test)}' if one.test else ''}", what]
    if one.since and one.change in (Change.STILL_FAILING, Change.NOT_RUN, Change.QUARANTINED):
        words.append(f"failing since {day(one.since)}")
    if one.since and one.change is Change.FIXED:
        words.append(f"failed last on {day(one.since)}")
    if one.rate:
        rate = one.rate
        words.append(
            f"failed {rate.failed} of {rate.runs} runs, "
            f"{100 * rate.low:.0f} to {100 * rate.high:.0f} %"
        )
    if one.slow:
        slow = one.slow
        words.append(
            f"{slow.before_s:.3g} s before, {slow.now_s:.3g} s now: "
            f"{slow.ratio:.1f} times ({slow.low:.1f} to {slow.high:.1f}), p = {slow.p:.1g}"
        )
    if one.quarantine:
        entry = one.quarantine
        words.append(f"until {clean(entry.until)} ({clean(entry.owner)}: {clean(entry.reason)})")
    if one.against_base in _BASE and one.change not in (Change.FIXED, Change.NOT_RUN):
        words.append(_BASE[one.against_base])
    first, *rest = (word for word in words if word)
    return f"{first}: {'; '.join(rest)}" if rest else first


def _what(one: Standing) -> str:
    """Not once more what the test's name says."""
    text = clean(one.headline)
    return text.removeprefix(f"{clean(one.test)} ") if one.test else text


def name(cell: CellKey) -> str:
    """With its suites, if these are not all."""
    return clean(f"{cell} [{cell.suites}]" if cell.suites else str(cell))


def day(iso: str) -> str:
    """Of a time in ISO 8601."""
    return iso[:10]
