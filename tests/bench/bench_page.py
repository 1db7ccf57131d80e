# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's page, Markdown: tables of what the sections measured. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench_history import Record, Trend
from figures import Curve, Ratio, Section, Series, Spread, spread

HEAD = """\
Made by `python tests/bench/run.py`; the sides of a comparison run in turn, A B A B, and each
ratio is taken pair by pair. Shown are medians, and the least to the most in brackets."""


def page(
    record: Record, sections: Sequence[Section], trends: Sequence[Trend], plots: Sequence[str]
) -> str:
    """All of it. plots: files beside the page."""
    lines = ["# Benchmark", "", HEAD, "", *_about(record)]
    lines += [line for plot in plots for line in ("", f"![{plot}]({plot})")]
    for section in sections:
        lines += ["", f"## {section.title}", "", section.text, *_tables(section)]
    lines += ["", "## Trend", "", *_trend(record, trends)]
    return "\n".join(lines) + "\n"


def _about(record: Record) -> Iterator[str]:
    yield f"{record.date}, commit {record.commit}; {record.machine}."
    if record.load > 1:
        yield f"**The machine was not quiet: a load of {record.load:.1f} before the start.**"


def _tables(section: Section) -> Iterator[str]:
    if section.series:
        yield from _table("what", "measured", "limit", rows=map(_series_row, section.series))
    if section.ratios:
        yield from _table("ratio", "measured", "limit", rows=map(_ratio_row, section.ratios))
    for x_name in dict.fromkeys(curve.x_name for curve in section.curves):
        yield from _curves([curve for curve in section.curves if curve.x_name == x_name])
    if section.notes:
        yield ""
        yield from (f"- {note}" for note in section.notes)


def _table(*head: str, rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)


def _series_row(each: Series) -> tuple[str, str, str]:
    limit = "" if each.limit is None else f"at most {each.limit:g} {each.unit}"
    return each.name, f"{in_words(spread(each.values))} {each.unit}", _judged(limit, each.kept)


def _ratio_row(each: Ratio) -> tuple[str, str, str]:
    side = "at least" if each.at_least else "at most"
    limit = "" if each.limit is None else f"{side} {each.limit:g}"
    return each.name, in_words(spread(each.values)), _judged(limit, each.kept)


def _judged(limit: str, kept: bool | None) -> str:
    return limit if kept is None else f"{limit}: {'kept' if kept else '**missed**'}"


def _curves(curves: Sequence[Curve]) -> Iterator[str]:
    """Curves over one thing, side by side."""
    cells: dict[int, list[str]] = {}
    for curve in curves:
        for point in curve.points:
            cells.setdefault(point.x, []).append(in_words(spread(point.values)))
    heads = (f"{curve.name}, {curve.unit}" for curve in curves)
    rows = ([str(x), *row] for x, row in sorted(cells.items()))
    yield from _table(curves[0].x_name, *heads, rows=rows)


def in_words(each: Spread) -> str:
    """ "1.23 (1.20 to 1.31)"; one value alone as it is."""
    digits = 2 if each.most < 100 else 0
    if each.count == 1:
        return f"{each.median:.{digits}f}"
    return f"{each.median:.{digits}f} ({each.least:.{digits}f} to {each.most:.{digits}f})"


def _trend(record: Record, trends: Sequence[Trend]) -> Iterator[str]:
    if not trends:
        yield f"No earlier run on this class of machine ({record.machine})."
        return
    most = max(trend.runs for trend in trends)
    yield f"Medians against up to {most} earlier runs on this class of machine."
    rows = (
        (each.figure, f"{each.now:.2f}", f"{each.before:.2f}", f"{each.change:+.0%}",
         f"{each.best:.2f}", str(each.runs))
        for each in trends
    )  # fmt: skip
    yield from _table("figure", "now", "before", "change", "best before", "runs", rows=rows)
