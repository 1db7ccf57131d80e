# SPDX-License-Identifier: GPL-2.0-only
"""What mailers, archives and clipboards make of a good diff. Each is text → text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

Mangle = Callable[[str], str]


def _lines(change: Callable[[str], str]) -> Mangle:
    return lambda diff: "\n".join(change(line) for line in diff.split("\n"))


def _collapsed(line: str) -> str:
    return re.sub(r"[ \t]+", " ", line).strip(" ")


def _stuffed(line: str) -> str:
    """RFC 3676, 4.4: a line that begins with a blank or ">" gets another blank."""
    return " " + line if line.startswith((" ", ">", "From ")) else line


def _marker_only(line: str) -> str:
    if line[:1] in ("+", "-") and not line.startswith(("+++", "---")):
        return line[0] + line[1:].lstrip()
    return line.lstrip()


def wrapped(columns: int) -> Mangle:
    """Long lines broken at a blank, the rest on a line of its own."""

    def wrap(line: str) -> str:
        if len(line) <= columns or line.startswith(("diff ", "index ", "---", "+++", "@@")):
            return line
        at = line.rfind(" ", 2, columns)
        return line if at < 0 else line[:at] + "\n" + line[at + 1 :]

    return _lines(wrap)


def page(diff: str) -> str:
    """An archive's page: text before, a signature and links after."""
    return f"[thread] [date]\n\nFrom: A\n\nWhy.\n---\n a.c | 2 +-\n\n{diff}\n--\n2.47.3\nNext"


# What leaves the words of every line in their order.
MANGLES: dict[str, Mangle] = {
    "none": lambda diff: diff,
    "leading blanks": _lines(str.lstrip),
    "all leading white space": _lines(_marker_only),
    "runs of white space": _lines(_collapsed),
    "tab stops": _lines(lambda line: line.expandtabs(8)),
    "tabs as 8 blanks": _lines(lambda line: line.replace("\t", " " * 8)),
    "tabs as 4 blanks": _lines(lambda line: line.replace("\t", " " * 4)),
    "CRLF": lambda diff: diff.replace("\n", "\r\n"),
    "trailing white space": _lines(str.rstrip),
    "format=flowed": _lines(_stuffed),
    "no-break spaces": _lines(lambda line: line.replace("\t", "\xa0" * 8)),
    "HTML entities": html.escape,
    "a page around it": page,
    "a page of collapsed lines": lambda diff: page(_lines(_collapsed)(diff)),
    "wrapped at 72": wrapped(72),
    "wrapped at 40": wrapped(40),
}
