# SPDX-License-Identifier: GPL-2.0-only
"""ShrinkResult → what a person reads in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.shrink import Answer, Ended, Setup, ShrinkResult, Tally
from orchestrator.report.clean import clean

_COLOUR = {
    Answer.FAILS: "red",
    Answer.PASSES: "green",
    Answer.OTHERWISE: "yellow",
    Answer.UNKNOWN: "yellow",
    Answer.UNTRIED: "dim",
}
_ENDED = {
    Ended.RUNS: "stopped by --runs; the same command with more goes on",
    Ended.BUDGET: "stopped by --budget; the same command with more goes on",
    Ended.INTERRUPTED: "interrupted; the same command goes on",
    Ended.NEVER_AGAIN: "a failure this rare needs more --start-runs",
}
_LONGEST = 150


def shrink_report(result: ShrinkResult) -> RenderableType:
    """The sentence first, then what it rests on, then how to see it again."""
    parts: list[RenderableType] = [
        Text(clean(result.said), style="bold green" if result.iff else "bold"),
        Text(f"looked for: {clean(result.target.title)[:_LONGEST]} ({_named(result)})"),
    ]
    if result.ended is not Ended.NEVER_AGAIN:
        parts.append(Text(f"smallest: {clean(result.machine)}"))
    if result.ended in _ENDED:
        parts.append(Text(_ENDED[result.ended], style="yellow"))
    parts += [Text(), _steps(result), Text()]
    if result.neighbours:
        parts += [_neighbours(result), Text()]
    parts += [Text(f"note: {clean(note)}", style="yellow") for note in result.notes]
    parts += [Text(line) for line in _again(result)]
    return Group(*parts)


def _named(result: ShrinkResult) -> str:
    signature = f", signature {result.target.signature}" if result.target.signature else ""
    return clean(f"{result.target.verdict}{signature}")


def _steps(result: ShrinkResult) -> Table:
    """Setups in the order they were tried; of those that did not fail, how many."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("left out", "failed", "runs", "nodes", "CPUs", "MiB", "config"):
        table.add_column(name, justify="right" if name in ("nodes", "CPUs", "MiB") else "left")
    spared = sum(step.answer not in (Answer.FAILS, Answer.UNTRIED) for step in result.steps[1:])
    for step in result.steps:
        if step.answer is not Answer.FAILS and step.setup != result.start:
            continue
        style = "bold" if step.setup == result.smallest else ""
        cells = (step.what, _runs(step.tally), *_cells(step.setup))
        table.add_row(*(Text(clean(cell)) for cell in cells), style=style)
    if spared:
        table.add_row(
            Text(
                f"{spared} smaller one{'s' * (spared != 1)} that did not fail this way", style="dim"
            )
        )
    return table


def _cells(setup: Setup) -> Iterator[str]:
    few = setup.suites[0] if len(setup.suites) == 1 else str(len(setup.suites))
    yield f"{few}.{setup.case}" if setup.case else few
    yield str(len(setup.topology.nodes))
    yield str(setup.topology.cpu_count)
    yield str(setup.topology.mem_mib)
    yield ",".join(name.rpartition("/")[2] for name in setup.config) or "base"


def _runs(tally: Tally) -> str:
    lost = f", {tally.unknown} said nothing" if tally.unknown else ""
    return f"{tally.same} of {tally.runs}{lost}"


def _neighbours(result: ShrinkResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("but for one thing", "", "runs"):
        table.add_column(name)
    for each in result.neighbours:
        said = each.answer.value + (f": {each.why_not}" if each.why_not else "")
        runs = f"{each.tally.green} green of {each.tally.runs}" if each.tally.runs else ""
        table.add_row(Text(clean(each.change)), Text(clean(said), style=_COLOUR[each.answer]), runs)
    return table


def _again(result: ShrinkResult) -> Iterator[str]:
    fresh = len(result.trials) - result.resumed
    known = f", {result.resumed} from before it was interrupted" if result.resumed else ""
    yield f"{fresh} runs{known}; {result.took_s:.0f} s"
    if any(each.answer is Answer.PASSES for each in result.neighbours):
        yield (
            f"what is said to pass did so {result.passes_needed} times or more: by chance in at "
            f"most {100 * result.chance:g} % of such cases"
        )
    if result.ended is not Ended.NEVER_AGAIN:
        yield f"again: {clean(result.command)}"
    if result.replay:
        yield f"replay: {clean(result.replay)}"
    yield f"runs: {clean(result.shrink_dir)}"
