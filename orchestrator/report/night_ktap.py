# SPDX-License-Identifier: GPL-2.0-only
"""A judged night → KTAP: a test for each cell with its cases in it, and one for the night."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from orchestrator.model.night_told import ToldNight
from orchestrator.report.clean import clean
from orchestrator.report.night_marks import Mark, case_mark, cell_mark, night_mark

_INDENT = "    "
# What would end a name, be taken for something else, or get lost at its ends.
_MISREAD = re.compile(r"[#\\]|^-(?= )|^\s|\s$")
_BAD = (Mark.FAILURE, Mark.ERROR)
Told = tuple[str, Mark, str]  # name, as KTAP has it; what is said of it; in words


def night_ktap(told: ToldNight) -> str:
    """KTAP version 1: "not ok" where JUnit has a failure or an error, SKIP where it has skipped.

    A character that KTAP would take for a mark is \\xNN in names.
    """
    lines = ["KTAP version 1", f"1..{len(told.cells) + 1}"]
    for number, cell in enumerate(told.cells, start=1):
        inner = [(case_name(case.name), *case_mark(case)) for case in cell.cases]
        inner.append(("verdict", *cell_mark(cell)))
        name = case_name(cell.name)
        lines += _suite(name, inner)
        lines.append(_line(number, name, _sum([mark for _, mark, _ in inner]), ""))
    lines += [f"# {clean(line)}" for line in told.judged.warnings]
    mark, words = night_mark(told)
    lines += _diagnostic(words)
    lines.append(_line(len(told.cells) + 1, "night", mark, ""))
    return "".join(f"{line}\n" for line in lines)


def case_name(name: str) -> str:
    """As KTAP can carry it: parsed again it is this very text."""
    found = _MISREAD.sub(lambda match: f"\\x{ord(match[0]):02x}", clean(name))
    return found or "\\x00"


def _suite(name: str, inner: Sequence[Told]) -> Iterator[str]:
    yield f"{_INDENT}KTAP version 1"
    yield f"{_INDENT}# Subtest: {name}"
    yield f"{_INDENT}1..{len(inner)}"
    for number, (test, mark, words) in enumerate(inner, start=1):
        if mark is not Mark.SKIPPED:
            yield from (f"{_INDENT}{line}" for line in _diagnostic(words))
        yield f"{_INDENT}{_line(number, test, mark, words)}"


def _diagnostic(words: str) -> list[str]:
    return [f"# {words}"] if words else []


def _line(number: int, name: str, mark: Mark, words: str) -> str:
    line = f"{'not ok' if mark in _BAD else 'ok'} {number} {name}"
    return f"{line} # SKIP {words}".rstrip() if mark is Mark.SKIPPED else line


def _sum(marks: Sequence[Mark]) -> Mark:
    if any(mark in _BAD for mark in marks):
        return Mark.FAILURE
    return Mark.SKIPPED if all(mark is Mark.SKIPPED for mark in marks) else Mark.PASS
