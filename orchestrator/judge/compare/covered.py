# SPDX-License-Identifier: GPL-2.0-only
"""The lines a patch adds or changes, and whether they ran."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from orchestrator.model.compare import CoveredLine, Line, LineCounts

# Literals, so that no comment is seen to begin in one, and comments.
_C_TEXT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|/\*.*?(?:\*/|\Z)|//[^\n]*""", re.DOTALL
)
# A line nothing could be counted on, comments apart: blank, preprocessor, label, braces.
_EMPTY = re.compile(r"\s*(?:|[{}();,]+|#.*|\w+:)\s*")
# A line after which another statement begins, and how many lines one may have.
_ENDS = re.compile(r"[;{}:]\s*$|^\s*(?:#.*)?$")
_STATEMENT = 12


def c_lines(text: str) -> list[str]:
    """Lines as compilers count them: a form feed ends none."""
    return text.removesuffix("\n").split("\n") if text else []


def without_comments(text: str) -> list[str]:
    """The lines of C text, comments left out."""
    return c_lines(_C_TEXT.sub(lambda m: m[1] or "\n" * m[0].count("\n"), text))


def added_lines(before: str, after: str) -> list[int]:
    """1-based lines of `after` that `before` has not, in the sense of a diff."""
    old, new = c_lines(before), c_lines(after)
    added: list[int] = []
    for word, _, _, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if word in ("insert", "replace"):
            added.extend(range(begin + 1, end + 1))
    return added


class Changed(Struct, frozen=True):
    """One C file of the patch as text, before and after; before is "" for a new file."""

    path: str
    before: str
    after: str


def covered(
    changes: Iterable[Changed],
    counts: LineCounts,
    compiled: Mapping[str, set[int] | None],
) -> tuple[CoveredLine, ...]:
    """Every added line. compiled: file → lines the preprocessor left."""
    found: list[CoveredLine] = []
    for change in changes:
        path = change.path
        text, code = c_lines(change.after), without_comments(change.after)
        there = compiled.get(path)
        for number in added_lines(change.before, change.after):
            count = _count(counts.get(path, {}), code, number)
            state = _state(code[number - 1], count, number, path in counts, there)
            found.append(CoveredLine(path, number, text[number - 1], state, count or 0))
    return tuple(found)


def _count(counts: Mapping[int, int], text: Sequence[str], number: int) -> int | None:
    """Of the line, or of the one its statement begins on, where gcov counts it."""
    if _EMPTY.fullmatch(text[number - 1]):
        return counts.get(number)
    for line in range(number, max(0, number - _STATEMENT), -1):
        if line in counts:
            return counts[line]
        if line < 2 or _ENDS.search(text[line - 2]):
            break
    return None


def _state(
    text: str, count: int | None, number: int, counted: bool, there: set[int] | None
) -> Line:
    if count is not None:
        return Line.RUN if count else Line.NEVER
    if _EMPTY.fullmatch(text):
        return Line.NO_CODE
    if there is None:
        return Line.NOT_COMPILED if not counted else Line.UNKNOWN
    if number not in there:
        return Line.NOT_COMPILED
    return Line.NO_CODE if counted else Line.UNKNOWN
