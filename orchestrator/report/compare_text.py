# SPDX-License-Identifier: GPL-2.0-only
"""CompareResult → one page of terminal text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestrator.model.compare import Cell, CompareResult, Difference, Line, Word
from orchestrator.report import compare_words as words
from orchestrator.report.clean import clean

_STYLE = {Word.SAME: "bold green", Word.UNSURE: "bold yellow"}
SHOWN = 12  # differences; the page has all of them
SHOWN_SIZES = 6
SHOWN_LINES = 20


def compare_report(result: CompareResult, page: str) -> RenderableType:
    """The page, verdict last. page: where the HTML one is, "" for nowhere."""
    return Group(*_parts(result, page))


def _parts(result: CompareResult, page: str) -> Iterator[RenderableType]:
    yield Text(clean(result.title), style="bold")
    for difference in result.differences[:SHOWN]:
        yield Text()
        yield from _difference(difference)
    if len(result.differences) > SHOWN:
        yield Text(f"\n... and {len(result.differences) - SHOWN} more differences")
    for cell in result.cells:
        yield Text()
        yield from _cell(cell)
    if result.sizes:
        yield Text("\ntext of functions, bytes (no difference in itself)", style="bold")
        yield _sizes(result)
    if result.differences:
        yield Text("\nto paste into a reply:", style="bold")
        yield Padding(Text(clean_lines(words.reply(result))), (0, 0, 0, 2))
    yield Text()
    yield from (Text(f"note: {clean(note)}", style="yellow") for note in result.notes)
    if result.accelerator:
        machine = result.accelerator
        yield Text(clean(f"{machine.name}: {machine.reason}"), style="dim")
    if page:
        yield Text(f"page: {clean(page)}")
    yield from _verdict(result)


def clean_lines(text: str) -> str:
    """Every line cleaned, line ends kept."""
    return "\n".join(clean(line) for line in text.split("\n"))


def _difference(difference: Difference) -> Iterator[Text]:
    base, head = words.sides(difference)
    yield Text(clean(words.difference_title(difference)), style="bold red")
    yield Text(f"  base:    {clean(base)}")
    yield Text(f"  patched: {clean(head)}  ({words.sighting(difference)})")
    for line in difference.evidence[:4]:
        place = f"{line.file}:{line.line}" if line.line else line.file
        yield Text(clean(f"    {place}: {line.text}"), style="dim")
    if difference.also:
        yield Text(clean(f"  {words.elsewhere(difference)}"))


def _cell(cell: Cell) -> Iterator[RenderableType]:
    yield Text(clean(f"{cell.config} on {cell.topology}"), style="bold")
    yield Text(
        f"  {cell.base_runs} runs of base, {cell.head_runs} patched; {cell.facts} observations "
        f"compared, {cell.varying} left out because they vary in base"
    )
    for row in cell.shifts:
        yield Text(
            f"  creating a {row.what}: {row.base_us:.0f} µs, patched {row.head_us:.0f} µs; "
            f"× {row.ratio:.2f} (95 %: {row.low:.2f} to {row.high:.2f}), p = {row.p:.2g}, "
            f"runs of base differ by × {row.noise:.2f}"
        )
    for hint in cell.hints[:4]:
        seen = f"{hint.seen_in} of {hint.of_head}"
        said = f"  seen in {seen} patched runs, too few to be sure: "
        yield Text(clean(said + words.difference_title(hint)))
    yield Text(f"  coverage of the patch: {words.coverage_sentence(cell)}")
    never = [line for line in cell.coverage if line.state in (Line.NEVER, Line.NOT_COMPILED)]
    for line in never[:SHOWN_LINES]:
        yield Text(
            clean(f"    {line.state.value}: {line.file}:{line.line}: {line.text.strip()}"),
            style="yellow",
        )
    if len(never) > SHOWN_LINES:
        yield Text(f"    ... and {len(never) - SHOWN_LINES} more")
    yield from (Text(clean(f"  note: {note}"), style="yellow") for note in cell.notes)


def _sizes(result: CompareResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (("function", "left"), ("base", "right"), ("patched", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for size in result.sizes[:SHOWN_SIZES]:
        cells = (str(size.base or "-"), str(size.head or "-"))
        table.add_row(Text(clean(size.function)), *cells)
    if len(result.sizes) > SHOWN_SIZES:
        table.add_row(f"... {len(result.sizes) - SHOWN_SIZES} more", "", "")
    return table


def _verdict(result: CompareResult) -> Iterator[Text]:
    if result.hint:
        yield Text(clean(result.hint), style="italic")
    claim = words.on_claim(result)
    if claim:
        yield Text(clean(claim), style=_STYLE.get(result.word, "bold red"))
    text = Text("verdict: ")
    text.append(result.word.value, style=_STYLE.get(result.word, "bold red"))
    text.append(clean(f"  ({words.headline(result)}; {result.took_s:.0f} s)"))
    yield text
