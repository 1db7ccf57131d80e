# SPDX-License-Identifier: GPL-2.0-only
"""OptionsResult → what a person reads in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.bisect import Outcome, Side, Word
from orchestrator.model.bisect_options import Change, OptionsResult
from orchestrator.report.bisect_text import evidence_of
from orchestrator.report.clean import clean

MOST = 12  # options in a list
_SUITED = (Word.FOUND, Word.SET, Word.NOT_ALONE, Word.ONE_SIDED)

_WORDS = {
    Word.SET: "these options make it fail; not all may be needed, but without some it cannot be "
    "tested",
    Word.NOT_ALONE: "these options make it fail, but {bad} fails without them, too: there is "
    "another cause",
    Word.ONE_SIDED: "these options make it fail; whether anything else does is not known: "
    "{bad} without them cannot be tested",
    Word.UNSURE: "not known well enough after {runs} runs (--max-runs allows more)",
    Word.CONTRADICTION: "no order of the options explains these runs: one of them hides the "
    "failure, or it comes and goes",
    Word.GOOD_IS_BAD: "the good configuration fails, too: {good} ({looked_for})",
    Word.BAD_IS_GOOD: "the bad configuration does not fail: {bad} was run {bad_runs} times, "
    "looked for was {looked_for} (--end-runs asks more often)",
    Word.SAME_KERNEL: "both configurations build the same kernel, byte for byte",
    Word.END_UNTESTABLE: "an end cannot be tested: {errors}",
}


def options_report(result: OptionsResult) -> RenderableType:
    """The options first, then what speaks for them, then what it cost."""
    parts: list[RenderableType] = [*_headline(result), Text()]
    if result.with_it:
        parts += _side(result, result.with_it, "with it")
        passing = result.ends[0]
        parts += _side(result, passing, "without it")
        if result.without and result.without.node != passing.node:
            parts += _side(result, result.without, "and")
    else:
        for side, name in zip(result.ends, ("good end", "bad end"), strict=False):
            parts += _side(result, side, name)
    parts += [Text(), _configs(result), Text()]
    parts += [Text(f"note: {clean(note)}", style="yellow") for note in result.notes]
    parts += [Text(line) for line in _costs(result)]
    return Group(*parts)


def _headline(result: OptionsResult) -> Iterator[Text]:
    if result.word is Word.FOUND:
        many = "options make it fail, all of them needed" if len(result.culprits) > 1 else (
            "option makes it fail"
        )  # fmt: skip
        head = Text(f"{len(result.culprits)} {many}", style="bold")
        head.append(f"  ({100 * result.sure:.1f} % sure)")
        yield head
    else:
        yield Text(_WORDS[result.word].format(**_facts(result)), style="bold red")
    if result.word in _SUITED or result.culprits:
        for change in result.culprits[:MOST]:
            yield Text(f"  {clean(str(change))}", style="bold red")
        yield from _more(len(result.culprits))
    for change, probability in result.suspects[:MOST]:
        yield Text(f"  {100 * probability:5.1f} %  {clean(str(change))}")
    yield from _more(len(result.suspects))
    if result.brings:
        yield Text(f"  with them comes, by Kconfig: {_listed(result.brings)}")


def _more(count: int) -> Iterator[Text]:
    if count > MOST:
        yield Text(f"  and {count - MOST} more")


def _listed(changes: Sequence[Change]) -> str:
    shown = ", ".join(clean(str(change)) for change in changes[:MOST])
    more = len(changes) - MOST
    return f"{shown} and {more} more" if more > 0 else shown


def _facts(result: OptionsResult) -> dict[str, object]:
    errors = [
        f"{result.configs[built.node].title}: {built.error}"
        for built in result.builds
        if built.error
    ]
    muted = errors or [trial.said for trial in result.trials[-1:]]
    return {
        "good": clean(result.good),
        "bad": clean(result.bad),
        "bad_runs": result.ends[-1].good if result.ends else 0,
        "runs": len(result.trials),
        "looked_for": clean(str(result.check)),
        "errors": clean("; ".join(muted)),
    }


def _side(result: OptionsResult, side: Side, where: str) -> Iterator[Text]:
    total = side.good + side.bad
    line = Text(f"{where}: ")
    line.append(clean(result.configs[side.node].title), style="bold")
    line.append(f" fails in {side.bad} of {total} runs" if total else " was not run")
    yield line
    yield from evidence_of(side)


def _configs(result: OptionsResult) -> Table:
    """All that were tried, in that order."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("differ", "runs", "configuration"):
        table.add_column(name, justify="right" if name == "differ" else "left")
    builds = {built.node: built for built in result.builds}
    for number, tried in enumerate(result.configs):
        if number not in builds:
            continue
        outcomes = [trial.outcome for trial in result.trials if trial.node == number]
        bad, good = outcomes.count(Outcome.BAD), outcomes.count(Outcome.GOOD)
        if not builds[number].identity:
            said = Text("cannot be tested", style="yellow")
        elif not bad + good:
            said = Text("not run", style="dim")
        else:
            said = Text(f"{bad} of {bad + good} bad", style="red" if bad else "green")
        table.add_row(str(tried.differing), said, Text(clean(tried.title)[:110]))
    return table


def _costs(result: OptionsResult) -> Iterator[str]:
    fresh = [built for built in result.builds if built.identity and not built.cached]
    yield f"looked for: {clean(str(result.check))}"
    if result.rate is not None:
        yield f"where it is, it shows in about {100 * result.rate:.0f} % of the runs"
    known = f", {result.resumed} of them from before it was interrupted" if result.resumed else ""
    yield (
        f"{len(result.differing)} options differ, {len(result.configs)} configurations tried, "
        f"{len(fresh)} built; {len(result.trials)} runs{known}; {result.took_s:.0f} s"
    )
    yield f"runs: {clean(result.run_dir)}"
