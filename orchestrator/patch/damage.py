# SPDX-License-Identifier: GPL-2.0-only
"""What happened to a patch's white space, told from the lines the file has too.

Added lines are in no file; but what was done to removed ones was done to them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from orchestrator.patch.place import Placed, Text

TAB = 8  # Documentation/process/coding-style.rst, 1


_GAPS = re.compile(r"""\"(?:\\.|[^\"\\])*\"| {2,}""")


class Loss(enum.Enum):
    """What can still be said of the indentation of added lines."""

    NONE = "none"
    SPACES = "tabs became spaces"
    ALL = "white space was lost"


class Damage(Struct, frozen=True):
    """spaces: for Loss.SPACES, how tabs were expanded: blanks a tab, or 0 for tab stops.

    inner: runs of white space inside lines were lost as well (Loss.ALL only).
    """

    loss: Loss
    spaces: int = 0
    inner: bool = False


class Pair(Struct, frozen=True):
    """A line as the patch has it, and as the file has it."""

    kind: str
    patch: str
    file: str
    marked: bool  # it has its marker, so its white space can be compared


def pairs(placed: Iterable[Placed], text: Text) -> Iterator[Pair]:
    for one in placed:
        for line, full in zip(one.old, text.lines[one.at : one.end], strict=True):
            marked = one.hunk.intact or line.kind == "-"
            yield Pair(line.kind, plain(line.text), full.rstrip("\r\n"), marked)


def assess(seen: Iterable[Pair], added: Sequence[str], exact: bool) -> Damage:
    """exact: every hunk's old side is its file's to the letter."""
    known = [pair for pair in seen if pair.file.strip()]
    telling = [pair for pair in known if _depth(pair.file) > 1]
    if exact and (telling or not _suspicious(known, added)):
        return Damage(Loss.NONE)
    if _stuffed(known):
        return Damage(Loss.NONE)
    leads = [_lead(pair.patch) for pair in telling if pair.kind == "-"]
    leads += [_lead(text) for text in added if text.strip()]
    marked = [_lead(pair.patch) for pair in telling if pair.marked]
    if any("\t" in lead for lead in (*leads, *marked)):
        return Damage(Loss.NONE)
    inner = any(_inner(pair.file) != _inner(pair.patch) for pair in known)
    # Where "-<tab>x" became "- x", as browsers do, every run of white space became a blank.
    inner |= any(pair.kind == "-" and _lead(pair.patch) == " " for pair in telling)
    if any(len(lead) > 1 for lead in leads):
        if not any("\t" in _lead(pair.file) for pair in telling):
            return Damage(Loss.NONE)
        tab = _expansion(telling)
        if tab is not None:
            return Damage(Loss.SPACES, tab)
    return Damage(Loss.ALL, inner=inner or not known)


def _stuffed(known: Sequence[Pair]) -> bool:
    """format=flowed (RFC 3676, 4.4): lines that begin with a blank got one more; others did not."""
    context = [pair for pair in known if pair.kind == " "]
    return bool(context) and all(pair.patch == " " + pair.file for pair in context)


def _suspicious(known: Sequence[Pair], added: Sequence[str]) -> bool:
    """Old sides in column 0 prove nothing. Is there an added line that must have been indented?"""
    if any(_depth(text) > 1 for text in added if text.strip()):
        return False
    single = any(_lead(text) and text.strip()[:1] not in ("", "*") for text in added)
    block = any(text.rstrip().endswith("{") for text in added)
    marked = any(pair.kind == " " for pair in known)  # blanks at the start of lines survived
    return single or (block and not marked)


def plain(text: str) -> str:
    """With blanks for the no-break spaces that pages are filled with."""
    return text.replace("\xa0", " ")


def unexpanded(text: str, damage: Damage) -> str:
    """An added line with its leading blanks, and wide gaps outside strings, as the tabs they were.

    A gap of real blanks that happens to end at a tab stop becomes a tab, too.
    """
    body = text.lstrip(" ")
    tabs, rest = _as_tabs(0, len(text) - len(body), damage.spaces)
    lead = "\t" * tabs + " " * rest

    def gap(run: re.Match[str]) -> str:
        if run[0][0] != " ":
            return run[0]  # a string
        start = len(text) - len(body) + run.start()
        tabs, rest = _as_tabs(start, start + len(run[0]), damage.spaces)
        return run[0] if rest else "\t" * tabs

    return lead + _GAPS.sub(gap, body)


def _as_tabs(start: int, end: int, spaces: int) -> tuple[int, int]:
    """Blanks from column start to end as tabs and a rest of blanks; the marker took a column."""
    if spaces:
        return divmod(end - start, spaces)
    tabs = (end + 1) // TAB - (start + 1) // TAB
    return (tabs, (end + 1) % TAB) if tabs else (0, end - start)


def _expansion(telling: list[Pair]) -> int | None:
    """Blanks a tab (0: up to the next tab stop, marker included) that explain every pair."""
    marked = [pair for pair in telling if pair.marked]
    for spaces in (0, 8, 4, 2, 3, 6):
        if marked and all(_explains(spaces, pair) for pair in marked):
            return spaces
    return None


def _explains(spaces: int, pair: Pair) -> bool:
    lead = _lead(pair.file)
    if spaces:
        return _lead(pair.patch) == lead.replace("\t", " " * spaces)
    return " " + _lead(pair.patch) == (" " + lead).expandtabs(TAB)


def _lead(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _depth(text: str) -> int:
    return len(_lead(text).expandtabs(TAB))


def _inner(text: str) -> list[str]:
    """The runs of white space between words."""
    words = text.split()
    runs = []
    rest = text.strip()
    for word in words[:-1]:
        rest = rest[len(word) :]
        run = rest[: len(rest) - len(rest.lstrip())]
        rest = rest[len(run) :]
        runs.append(run)
    return runs
