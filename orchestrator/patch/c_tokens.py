# SPDX-License-Identifier: GPL-2.0-only
"""C, as far as indentation needs it: words, strings, brackets, columns."""

from __future__ import annotations

import re

from msgspec import Struct

TAB = 8  # Documentation/process/coding-style.rst, 1
_TOKEN = re.compile(
    r"""/\*|//|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|[A-Za-z_]\w*|\d[\w.]*|[^\s\w]"""
)
_CONTROL = re.compile(r"(if|for|while|switch)$|for_each|foreach|_each$|scoped\w*_guard$")


class Token(Struct, frozen=True):
    """start, end: offsets in the line. last: nothing but a comment or a backslash follows."""

    text: str
    start: int
    last: bool


def tokens(line: str, start: int = 0) -> tuple[list[Token], int | None]:
    """The tokens from `start` on, and where a comment begins that does not end in this line."""
    found: list[tuple[str, int]] = []
    at = start
    opened = None
    while match := _TOKEN.search(line, at):
        text, at = match[0], match.end()
        if text == "//":
            break
        if text == "/*":
            close = line.find("*/", at)
            if close < 0:
                opened = match.start()
                break
            at = close + 2
        elif text != "\\":
            found.append((text, match.start()))
    count = len(found)
    return [Token(text, where, n == count) for n, (text, where) in enumerate(found, 1)], opened


def is_control(word: str) -> bool:
    """Does a statement follow its parentheses? Loops of the kernel are macros like for_each_cpu."""
    return bool(_CONTROL.search(word))


def width(text: str) -> int:
    """Columns of text that starts in column 0."""
    return len(text.expandtabs(TAB))


def lead(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def blanks(columns: int) -> str:
    """Kernel style: tabs, then less than eight spaces."""
    return "\t" * (columns // TAB) + " " * (columns % TAB)
