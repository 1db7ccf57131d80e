# SPDX-License-Identifier: GPL-2.0-only
"""White space inside added lines, where lines next to them show how it was.

Tables of #defines, initialisers and struct members are aligned with tabs, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from orchestrator.patch.c_tokens import TAB, width

# What stands before the gap, the gap, what is aligned.
_SHAPES = (
    re.compile(r"(\s*#\s*define\s+\w+(?:\([^)]*\))?)(\s+)(\S.*)$"),
    re.compile(r"(\s*\.\w+)(\s+)(=.*)$"),
    re.compile(r"(\s*(?:\w+\s)*?\w+)(\s+)(\**\w+(?:\[\w*\])*(?:\s*:\s*\d+)?;.*)$"),
)
_LONGEST = 200  # characters of a line worth aligning
_VALUE = re.compile(r"(\s*\.\w+) (=.*)$")  # not aligned


def aligned(line: str, near: Iterable[str]) -> str:
    """An indented line, its gap widened to the column of the same kind of line near it."""
    if len(line) > _LONGEST:
        return line
    for shape in _SHAPES:
        match = shape.match(line)
        if not match:
            continue
        for other in near:
            like = shape.match(other)
            if like and "\t" in like[2]:
                return match[1] + _tabs(match[1], width(like[1] + like[2])) + match[3]
        return line
    return line


def tables(lines: Sequence[str]) -> list[str]:
    """Lines with the values of every run of two or more `.name = value` lines put in one column.

    The column is the next tab stop after the longest name.
    """
    result: list[str] = []
    run: list[re.Match[str]] = []
    for line in (*lines, ""):
        match = _VALUE.match(line)
        if match:
            run.append(match)
            continue
        stop = max((width(one[1]) for one in run), default=0) // TAB * TAB + TAB
        result += (
            [one[1] + _tabs(one[1], stop) + one[2] for one in run]
            if run[1:]
            else [one[0] for one in run]
        )
        run = []
        result.append(line)
    return result[:-1]


def has_tables(lines: Iterable[str]) -> bool:
    """Does a file align its initialisers? Yes, if it has none that say otherwise."""
    return not any(_VALUE.match(line) for line in lines)


def _tabs(before: str, column: int) -> str:
    """Tabs from the end of `before` to the column; a blank if it is past it."""
    missing = column - width(before)
    return "\t" * -(-missing // TAB) if missing > 0 else " "
