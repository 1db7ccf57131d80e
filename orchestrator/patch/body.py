# SPDX-License-Identifier: GPL-2.0-only
"""The lines of one hunk, whole or with their white space damaged.

The header counts them. A line without any marker is a context line that lost its leading blank.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from msgspec import Struct

from orchestrator.model.diff import Line
from orchestrator.model.errors import PatchBroken

_SIGNATURE = re.compile(r"-- ?$")
# What may follow a hunk without a blank line: signatures, headers of other diff tools, HTML.
_AFTER = re.compile(
    r"-- ?$|---+$|@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@|--- |Index: |=====|diff -\S+ \S|Only in "
    r"|<|___|From "
)
_FLIPS = 2  # lines that may have been read as changes though they are context
_CHOICES = 400
_MOST = 2000  # lines, for choices to be tried
_HINT = "take the patch whole, from the mail itself"


class Body(Struct, frozen=True):
    """See Hunk for readings and intact."""

    readings: tuple[tuple[Line, ...], ...]
    intact: bool


def read_body(lines: list[str], limit: int, old: int, new: int, where: str) -> tuple[Body, int]:
    """The hunk's lines and how many of `lines` they are.

    limit: where the next hunk or file seems to begin; counts rule over that if no line is damaged,
    since a removed "-- x" above an added "++ y" looks like the names of a file.
    Raises PatchBroken if no reading gives `old` and `new` lines.
    """
    strict = _take(lines, old, new, frozenset(), strict=True)
    if strict and not _left_over(lines, strict[1]):
        return Body((strict[0],), intact=True), strict[1]
    loose = list(_readings(lines[:limit], old, new))
    if loose:
        return Body(tuple(reading for reading, _ in loose), intact=False), loose[0][1]
    raise PatchBroken(f"{where}: {_why(lines[:limit], old, new)}", _HINT)


def _readings(lines: list[str], old: int, new: int) -> Iterator[tuple[tuple[Line, ...], int]]:
    plain = _take(lines, old, new, frozenset())
    if plain and not _left_over(lines, plain[1]):
        yield plain
        return
    # A hunk whose context has its blanks is not damaged but cut off.
    if len(lines) > _MOST or any(line[:1] == " " and line.strip() for line in lines):
        return
    marked = [at for at, line in enumerate(lines) if line[:1] in ("-", "+") and line[1:2]]
    sets = (
        frozenset(chosen)
        for count in range(1, _FLIPS + 1)
        for chosen in itertools.combinations(marked, count)
    )
    for context in itertools.islice(sets, _CHOICES):
        taken = _take(lines, old, new, context)
        if taken and not _left_over(lines, taken[1]):
            yield taken


def _take(
    lines: list[str], old: int, new: int, context: frozenset[int], strict: bool = False
) -> tuple[tuple[Line, ...], int] | None:
    """Lines until both counts are met. context: indices of context that looks like changes."""
    body: list[Line] = []
    for at, line in enumerate(lines):
        if line.startswith("\\ ") and body:
            body[-1] = Line(body[-1].kind, body[-1].text, eol=False)
            continue
        if old == 0 and new == 0:
            return tuple(body), at
        if strict and line[:1] not in ("", " ", "-", "+"):
            return None
        kind = " " if at in context or line[:1] not in ("-", "+") else line[0]
        text = line[1:] if line[:1] == " " or kind != " " else line
        old -= kind != "+"
        new -= kind != "-"
        if old < 0 or new < 0:
            return None
        body.append(Line(kind, text))
    return (tuple(body), len(lines)) if old == 0 and new == 0 else None


def _left_over(lines: list[str], used: int) -> bool:
    """Is there a line that must belong to the hunk though its counts are met?"""
    if used >= len(lines):
        return False
    line = lines[used]
    return bool(line.strip()) and not _AFTER.match(line)


def _why(lines: list[str], old: int, new: int) -> str:
    signed = next((at for at, line in enumerate(lines) if _SIGNATURE.match(line)), len(lines))
    body = lines[:signed]
    has_old = sum(line[:1] != "+" for line in body)
    has_new = sum(line[:1] != "-" for line in body)
    asked = f"{old} old and {new} new lines"
    if has_old < old or has_new < new:
        return f"the patch is cut off: its header says {asked}, it has {has_old} and {has_new}"
    return f"more lines than the {asked} its header says; were long lines wrapped?"
