# SPDX-License-Identifier: GPL-2.0-only
"""CompareResult → one self-contained HTML page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

import jinja2
from msgspec import Struct

from orchestrator.model.compare import Cell, CompareResult, Line
from orchestrator.model.dashboard import RunLinks
from orchestrator.report import compare_words as words
from orchestrator.report.html_template import html_environment

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))?")
_FILE = re.compile(r"\+\+\+ (?:b/)?(\S+)")
# Class of a line in the page, and what a reader without colours gets.
_STATES = {
    Line.RUN: "run",
    Line.NEVER: "never",
    Line.NOT_COMPILED: "absent",
    Line.NO_CODE: "plain",
    Line.UNKNOWN: "unknown",
}


class DiffLine(Struct, frozen=True):
    """One line of the diff: css class, coverage in words ("" if it has none), text."""

    css: str
    coverage: str
    text: str


def compare_page(result: CompareResult, runs: Mapping[str, RunLinks] | None = None) -> str:
    """The page. Names and logs in it are escaped, control characters shown as text.

    runs: a run, as Difference.run names it → where the page finds it, if it is there.
    """
    return _template().render(
        result=result,
        words=words,
        runs=runs or {},
        line_link=line_link,
        cells=[(cell, list(diff_lines(result.diff, cell))) for cell in result.cells],
    )


def line_link(links: RunLinks | None, file: str) -> str:
    """The address of a log that a line is from; "" if it is not there. file: "head-1/dmesg.log"."""
    found = dict(links.files) if links else {}
    return found.get(file.rpartition("/")[2], "")


@cache
def _template() -> jinja2.Template:
    return html_environment("compare.css", trim=True).get_template("compare.html")


def diff_lines(diff: str, cell: Cell) -> Iterator[DiffLine]:
    """The diff with what became of each added line in this cell."""
    covered = {(line.file, line.line): line for line in cell.coverage}
    path, number = "", 0
    old = new = 0  # lines of the hunk that are still to come: a removed "-- x" is no header
    for text in diff.split("\n") if diff else ():
        name, hunk = _FILE.match(text), _HUNK.match(text)
        if old <= 0 and new <= 0 and hunk:
            old, number, new = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
            yield DiffLine("hunk", "", text)
        elif old <= 0 and new <= 0:
            path = name[1] if name else path
            yield DiffLine("head", "", text)
        elif text.startswith("+"):
            line = covered.get((path, number))
            number, new = number + 1, new - 1
            if line is None:
                yield DiffLine("plain added", "", text)
            else:
                times = f"{line.count} ×" if line.state is Line.RUN else line.state.value
                said = "" if line.state is Line.NO_CODE else times
                yield DiffLine(f"{_STATES[line.state]} added", said, text)
        elif text.startswith("-"):
            old -= 1
            yield DiffLine("gone", "", text)
        else:
            number, old, new = number + 1, old - 1, new - 1
            yield DiffLine("context", "", text)
