# SPDX-License-Identifier: GPL-2.0-only
"""BisectResult → what a person reads in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.bisect import BisectResult, Outcome, Side, Step, Trial, Word
from orchestrator.report.clean import clean

MOST_SUSPECTS = 10
_COLOUR = {Outcome.BAD: "red", Outcome.GOOD: "green", Outcome.UNKNOWN: "yellow"}


def bisect_report(result: BisectResult) -> RenderableType:
    """The commit first, then what speaks for it, then what it cost."""
    parts: list[RenderableType] = [_headline(result), Text()]
    if result.after or result.before:
        for side in result.after:
            parts += _side(result, side, "with it")
        for side in result.before:
            parts += _side(result, side, "without it")
        parts.append(Text())
    elif result.ends:
        for side, name in zip(result.ends, ("good end", "bad end"), strict=False):
            parts += _side(result, side, name)
        parts.append(Text())
    parts += [_steps(result), Text()]
    parts += [Text(f"note: {clean(note)}", style="yellow") for note in result.notes]
    parts += [Text(line) for line in _costs(result)]
    return Group(*parts)


def _headline(result: BisectResult) -> Text:
    sure = f"{100 * result.sure:.1f} % sure"
    head = Text()
    if result.word is Word.FOUND:
        step = result.steps[result.suspects[0].node]
        head.append("first bad: ", style="bold")
        head.append(_name(step, whole=True), style="bold red")
        head.append(f"  ({sure})\n")
        head.append(f"  {clean(step.title)}\n", style="bold")
        head.append(f"  {clean(step.author)}  {clean(step.date)}" if step.author else "")
        return head
    words = _WORDS.get(result.word, result.word.value)
    head.append(words.format(**_facts(result)), style="bold red")
    for suspect in result.suspects[:MOST_SUSPECTS]:
        step = result.steps[suspect.node]
        head.append(f"\n  {100 * suspect.probability:5.1f} %  {_name(step)} {clean(step.title)}")
    more = len(result.suspects) - MOST_SUSPECTS
    head.append(f"\n  and {more} more" if more > 0 else "")
    return head


_WORDS = {
    Word.SET: "one of {suspects}, which cannot be told apart: not all between can be tested "
    "({sure:.1f} % sure)",
    Word.UNSURE: "not known well enough after {runs} runs; {sure:.1f} % sure it is one of these "
    "(--max-runs allows more)",
    Word.CONTRADICTION: "no single step explains these runs: the failure comes and goes, or "
    "there are several",
    Word.GOOD_IS_BAD: "the good end fails, too: {good} ({looked_for})",
    Word.BAD_IS_GOOD: "the bad end does not fail: {bad} was run {bad_runs} times, looked for was "
    "{looked_for} (--end-runs asks more often)",
    Word.SAME_KERNEL: "both ends build the same kernel, byte for byte: {good}, {bad}",
    Word.END_UNTESTABLE: "an end cannot be tested: {errors}",
}


def _facts(result: BisectResult) -> dict[str, object]:
    ends = [_name(result.steps[0]), _name(result.steps[-1])]
    bad_runs = result.ends[-1].good if result.ends else 0
    errors = (f"{_name(result.steps[each.node])}: {each.error}" for each in result.builds)
    broken = [clean(text) for each, text in zip(result.builds, errors, strict=True) if each.error]
    return {
        "suspects": len(result.suspects),
        "sure": 100 * result.sure,
        "runs": len(result.trials),
        "good": ends[0],
        "bad": ends[1],
        "bad_runs": bad_runs,
        "looked_for": clean(str(result.check)),
        "errors": "; ".join(broken),
    }


def _side(result: BisectResult, side: Side, where: str) -> Iterator[Text]:
    total = side.good + side.bad
    line = Text(f"{where}: ")
    line.append(_name(result.steps[side.node]), style="bold")
    line.append(f" fails in {side.bad} of {total} runs" if total else " was not run")
    if side.same_as is not None:
        line.append(f" (of {_name(result.steps[side.same_as])}, the same kernel)")
    yield line
    yield from evidence_of(side)


def evidence_of(side: Side) -> Iterator[Text]:
    """A line or a few for each of its first runs."""
    for trial in side.trials[:2]:
        yield _trial(trial)
        for evidence in trial.evidence[:3]:
            place = f"{evidence.file}:{evidence.line}" if evidence.line else evidence.file
            yield Text(f"      {clean(place)}: {clean(evidence.text)[:150]}", style="dim")


def _trial(trial: Trial) -> Text:
    line = Text("  ")
    line.append(trial.outcome.value, style=_COLOUR[trial.outcome])
    line.append(f": {clean(trial.said)[:150]}  {clean(trial.run_dir)}")
    return line


def _steps(result: BisectResult) -> Table:
    """All that were built, in the order of the history."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("#", "step", "runs", "title"):
        table.add_column(name, justify="right" if name == "#" else "left")
    twins = {node: nodes[0] for nodes in result.same for node in nodes[1:]}
    counts = {node: [0, 0] for node in (built.node for built in result.builds)}
    for trial in result.trials:
        if trial.outcome is not Outcome.UNKNOWN:
            counts[trial.node][trial.outcome is Outcome.BAD] += 1
    for built in sorted(result.builds, key=lambda each: each.node):
        good, bad = counts[built.node]
        step = result.steps[built.node]
        if not built.identity:
            said = Text("cannot be built", style="yellow")
        elif not good + bad:
            twin = twins.get(built.node)
            other = f"same kernel as {_name(result.steps[twin])}" if twin is not None else "not run"
            said = Text(other, style="dim")
        else:
            said = Text(f"{bad} of {good + bad} bad", style="red" if bad else "green")
        table.add_row(str(built.node), _name(step), said, Text(clean(step.title)[:70]))
    return table


def _costs(result: BisectResult) -> Iterator[str]:
    fresh = [built for built in result.builds if not built.cached]
    yield f"looked for: {clean(str(result.check))}"
    if result.rate is not None:
        yield f"where it is, it shows in about {100 * result.rate:.0f} % of the runs"
    spared = sum(len(nodes) - 1 for nodes in result.same)
    known = f", {result.resumed} of them from before it was interrupted" if result.resumed else ""
    same = f"; {spared} steps build the same kernel as another" if spared else ""
    yield (
        f"{len(result.steps) - 1} steps, {len(result.builds)} tried, {len(fresh)} built; "
        f"{len(result.trials)} runs{known}{same}; {result.took_s:.0f} s"
    )
    yield f"runs: {clean(result.run_dir)}"


def _name(step: Step, whole: bool = False) -> str:
    return clean(step.name if whole or not step.tree else step.name[:12])
