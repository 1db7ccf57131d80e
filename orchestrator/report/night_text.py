# SPDX-License-Identifier: GPL-2.0-only
"""NightResult → what a person reads: the grid of cells, what was found, the verdict last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import CellResult, NightResult
from orchestrator.model.verdict import Verdict
from orchestrator.report.clean import clean

_STYLE = {Verdict.PASS: "green", Verdict.SKIP: "yellow", Verdict.INCOMPLETE: "yellow"}
_SHOWN = 3  # findings of a cell
_CELLS = 20  # that are told one by one


def night_report(result: NightResult, changes: RenderableType = "") -> RenderableType:
    """All of it. changes: what it means against the nights before."""
    return Group(*_parts(result, changes))


def _parts(result: NightResult, changes: RenderableType) -> Iterator[RenderableType]:
    yield _grid(result)
    red = [each for each in result.results if each.verdict is not Verdict.PASS or each.flaky]
    for each in red[:_CELLS]:
        yield Text()
        yield _found(each)
    if len(red) > _CELLS:
        yield Text(f"... and {len(red) - _CELLS} more cells in night.json")
    if changes:
        yield Text()
        yield changes
    yield Text()
    yield from (
        Text(f"note: {clean(note)}", style="yellow") for note in dict.fromkeys(result.notes)
    )
    yield Text(_times(result))
    yield Text(f"night: {clean(result.folder)}")
    yield _verdict(result)


def _grid(result: NightResult) -> Table:
    """A row for each kernel and set of suites, a column for each topology."""
    done = {each.cell: each for each in result.results}
    cells = sorted_cells(result)
    topologies = list(dict.fromkeys(cell.topology for cell in cells))
    rows = dict.fromkeys(_row(cell) for cell in cells)
    known = set(cells)
    table = Table(box=None, pad_edge=False, header_style="bold")
    shown = [
        n
        for n, name in enumerate(("tree", "patch", "config", "suites"))
        if n in (0, 2) or any(row[n] for row in rows)
    ]
    for n in shown:
        table.add_column(("tree", "patch", "config", "suites")[n])
    for name in topologies:
        table.add_column(Text(clean(name)))
    for row in rows:
        tree, patch, config, suites = row
        keys = [CellKey(tree, patch, config, topology, suites) for topology in topologies]
        words = [_word(done.get(key), key in known) for key in keys]
        names = [Text(clean(row[n] or ("all" if n == 3 else "-"))) for n in shown]
        table.add_row(*names, *words)
    return table


def sorted_cells(result: NightResult) -> list[CellKey]:
    """Kernels one after the other, whatever order they were run in."""
    cells = result.night.cells
    places: list[dict[str, int]] = [
        {name: n for n, name in enumerate(dict.fromkeys(values))}
        for values in zip(*((c.tree, c.patch, c.config, c.suites) for c in cells), strict=True)
    ]
    places[1] |= {"": -1}
    return sorted(cells, key=lambda cell: [p[v] for p, v in zip(places, _row(cell), strict=True)])


def _row(cell: CellKey) -> tuple[str, str, str, str]:
    return cell.tree, cell.patch, cell.config, cell.suites


def _word(result: CellResult | None, is_cell: bool) -> Text:
    if result is None:
        return Text("not run", style="yellow") if is_cell else Text("·", style="dim")
    text = Text(result.verdict.value, style=_STYLE.get(result.verdict, "red"))
    if result.flaky:
        text.append(" flaky", style="yellow")
    if result.from_run:
        text.append(" *", style="dim")
    return text


def _found(result: CellResult) -> Text:
    cell = result.cell
    text = Text(clean(str(cell)), style="bold")
    text.append(f" {clean(cell.suites)}" if cell.suites else "")
    text.append(
        f": {', then '.join(each.verdict.value for each in result.attempts)}\n", style="red"
    )
    for finding in result.findings[:_SHOWN]:
        text.append(f"    {finding.verdict.value} ({finding.fault.value}) {clean(finding.title)}\n")
        if finding.hint:
            text.append(f"      {clean(finding.hint)}\n", style="dim")
    if len(result.findings) > _SHOWN:
        text.append(f"    ... and {len(result.findings) - _SHOWN} more\n", style="dim")
    text.append(f"    run: {clean(_decisive(result))}")
    return text


def _decisive(result: CellResult) -> str:
    return next(each.run_dir for each in result.attempts if each.verdict is result.verdict)


def _times(result: NightResult) -> str:
    spent = result.spent
    return (
        f"{len(result.results)} cells on {result.kernels} kernels, {spent.slots} at a time, in "
        f"{spent.wall_s:.0f} s; {100 * spent.overhead:.1f} % of it for scheduling"
    )


def _verdict(result: NightResult) -> Text:
    text = Text("verdict: ")
    text.append(result.verdict.value, style=f"bold {_STYLE.get(result.verdict, 'red')}")
    counts = Counter(each.verdict.value for each in result.results)
    said = [f"{count} {word}" for word, count in counts.most_common()]
    said += [f"{len(result.night.not_run)} not run"] if result.night.not_run else []
    text.append(f"  ({', '.join(said)})" if said else "")
    if any(each.from_run for each in result.results):
        text.append("  * finished before it was interrupted", style="dim")
    return text


def plan_rows(words: Sequence[tuple[str, str, str, str]]) -> Table:
    """(cell, why, when, how long) in order."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    for name in ("cell", "why", "begins after", "takes"):
        table.add_column(name, overflow="fold")
    for number, row in enumerate(words, start=1):
        table.add_row(str(number), *(Text(clean(word)) for word in row))
    return table
