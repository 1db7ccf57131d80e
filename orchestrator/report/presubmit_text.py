# SPDX-License-Identifier: GPL-2.0-only
"""Presubmit → what a person reads in a terminal: worst news first, patches in their order."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.presubmit import Check, Mark, Presubmit, Sort, SubmitStep
from orchestrator.model.verdict import Verdict, rank
from orchestrator.report.clean import clean
from orchestrator.report.presubmit_words import left_out, paragraph

_STYLE = {Verdict.PASS: "green", Verdict.SKIP: "yellow", Verdict.INCOMPLETE: "yellow"}
SHOWN_LINES = 5
TITLE = 60
MAIL_WIDTH = 72


def presubmit_report(result: Presubmit) -> RenderableType:
    """What is red, worst first; the table; the last commit in full; the paragraph; the verdict."""
    return Group(*_parts(result))


def _parts(result: Presubmit) -> Iterator[RenderableType]:
    news = sorted(_red(result), key=lambda row: _last(row[1]))
    for what, mark in news:
        yield _bad(what, mark)
    if result.at_base is not None:
        yield Text(clean(_base(result, result.at_base)), style="yellow")
    if news:
        yield Text()
    yield _table(result)
    yield from _shown(result)
    if result.full:
        yield Text(f"\nthe last commit in full ({result.head[:12]})", style="bold")
        for each in result.full:
            line = Text(f"  {clean(each.name)}: ")
            line.append_text(_word(each.mark)).append(f"  {clean(each.mark.said)}")
            line.append(_when(each.mark), style="dim")
            yield line
    words = paragraph(result)
    if words:
        yield Text("\nfor the cover letter (it says what was proven, no more):", style="bold")
        lines = textwrap.fill(clean(words), MAIL_WIDTH)
        yield Text(textwrap.indent(lines, "  "))
    yield Text()
    yield from (Text(clean(f"not checked: {row}"), style="yellow") for row in left_out(result))
    if result.untracked:
        yield Text(clean(result.untracked), style="yellow")
    yield Text(clean(f"base {result.base[:12]}: {result.why_base}"), style="dim")
    yield Text(f"runs: {clean(result.run_dir)}")
    yield _verdict(result)


def _last(mark: Mark) -> tuple[bool, int]:
    """To sort by: worst first, and what says nothing of the kernel behind all that does."""
    return mark.verdict is Verdict.INFRASTRUCTURE, -rank(mark.verdict or Verdict.PASS)


def _red(result: Presubmit) -> Iterator[tuple[str, Mark]]:
    for step in result.steps:
        for check, mark in step.marks:
            if mark.red:
                yield f"{_name(step)} {check.value}", mark
    for each in result.full:
        if each.mark.red:
            yield f"the last commit, {each.name}", each.mark


def _name(step: SubmitStep) -> str:
    return f"{step.number} {step.name[:12] or 'working tree'}"


def _bad(what: str, mark: Mark) -> Text:
    text = _word(mark, bold=True)
    text.append(f"  {clean(what)}: {clean(mark.said)}")
    for line in mark.lines[:SHOWN_LINES]:
        place = f"{line.file}:{line.line}" if line.line else line.file
        text.append(f"\n    {clean(place)}: ", style="dim").append(clean(line.text)[:200])
    if len(mark.lines) > SHOWN_LINES:
        text.append(f"\n    ... {len(mark.lines) - SHOWN_LINES} more", style="dim")
    if mark.run_dir:
        text.append(f"\n    {clean(mark.run_dir)}", style="dim")
    return text


def _base(result: Presubmit, base: Mark) -> str:
    if base.green:
        return f"base boots and passes: {base.said}"
    boots = [step.mark(Check.BOOT) for step in result.steps if step.mark(Check.BOOT).red]
    alike = all(mark.signatures and set(mark.signatures) <= set(base.signatures) for mark in boots)
    word = base.verdict.value if base.verdict else "not known"
    same = ", and in the same way: not this range's doing (see --known-issues)" if alike else ""
    return f"base itself is {word}{same}: {base.said}  {base.run_dir}"


def _table(result: Presubmit) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    table.add_column("patch")
    for check in Check:
        table.add_column(check.value)
    table.add_column("title")
    for step in result.steps:
        cells = [_cell(check, step.mark(check)) for check in Check]
        sort = "" if step.sort in (Sort.COMMIT, Sort.WORKING_TREE) else f"({step.sort.value}) "
        name = step.name[:12] or "working tree"
        title = Text(clean(f"{sort}{step.title}")[:TITLE])
        table.add_row(str(step.number), name, *cells, title)
    return table


def _cell(check: Check, mark: Mark) -> Text:
    text = _word(mark)
    if mark.green and check is Check.BOOT and mark.cases:
        text.append(f" {mark.cases}", style="dim")
    if mark.green and check is Check.CHECKPATCH and mark.lines:
        text.append(f" ({clean(mark.said)})", style="yellow")
    return text


def _word(mark: Mark, bold: bool = False) -> Text:
    if mark.verdict is None:
        word = "not checked" if mark.left_out else "-"
        if mark.left_out and "(time)" in mark.said:
            word = "not checked (time)"
        return Text(word, style="yellow" if mark.left_out else "dim")
    style = _STYLE.get(mark.verdict, "red")
    return Text(mark.verdict.value, style=f"bold {style}" if bold else style)


def _shown(result: Presubmit) -> Iterator[Text]:
    """What is green and yet to be seen: warnings and checks of checkpatch."""
    for step in result.steps:
        mark = step.mark(Check.CHECKPATCH)
        for line in mark.lines[:SHOWN_LINES] if mark.green else ():
            yield Text(clean(f"  {step.number}: {line.file}:{line.line}: {line.text}"), style="dim")


def _when(mark: Mark) -> str:
    return clean(f"  (run of {mark.before})") if mark.before else ""


def _verdict(result: Presubmit) -> Text:
    text = Text("verdict: ")
    style = _STYLE.get(result.verdict, "red")
    partly = not result.whole or result.interrupted
    if partly and result.verdict is Verdict.PASS:
        style = "yellow"
    text.append(result.verdict.value, style=f"bold {style}")
    checked = sum(mark.verdict is not None for mark in result.all_marks)
    missing = sum(mark.left_out for mark in result.all_marks)
    if partly:
        text.append(f", of the {checked} checks that were made; {missing} were not", style="yellow")
    text.append(f"  ({len(result.steps)} steps, {checked} checks; {result.took_s:.0f} s)")
    return text
