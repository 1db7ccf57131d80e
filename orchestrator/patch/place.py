# SPDX-License-Identifier: GPL-2.0-only
"""Where a hunk goes. Only one place will do; what can't be known is an error, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from orchestrator.model.diff import Hunk, Line
from orchestrator.model.errors import PatchBroken

MAX_FUZZ = 2  # as patch(1)
# git's default for the text after the second @@: the last line that begins like a name
# (xdiff/xemit.c, def_ff), cut at 80 bytes.
_NAME = re.compile(r"[A-Za-z_$]")
_SOLID = re.compile(r"\w\W*\w\W*\w")
_HEADING = 80
_LISTED = 5


class AmbiguousHunk(PatchBroken):
    """A hunk fits in more than one place."""


class NoPlace(PatchBroken):
    """A hunk fits nowhere. at: the number of the hunk."""

    def __init__(self, message: str, hint: str = "", hunk: int = 0) -> None:
        super().__init__(message, hint)
        self.hunk = hunk


class Text(Struct, frozen=True):
    """A file's lines, with their line ends, and the same without any white space."""

    lines: tuple[str, ...]
    keys: tuple[str, ...]

    @classmethod
    def of(cls, content: str) -> Text:
        lines = tuple(re.findall(r"[^\n]*\n|[^\n]+\Z", content))
        return cls(lines, tuple(key(line) for line in lines))


class Placed(Struct, frozen=True):
    """A hunk in its place. at: 0-based line; lines: as the patch has them, after fuzz.

    exact: the old side is the file's to the letter. fuzz: context lines that were dropped,
    front: how many of these at its beginning.
    """

    hunk: Hunk
    at: int
    lines: tuple[Line, ...]
    exact: bool
    fuzz: int = 0
    front: int = 0

    @property
    def offset(self) -> int:
        """Lines it moved from where its header says."""
        return self.at - self.front - start(self.hunk)

    @property
    def old(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind != "+")

    @property
    def end(self) -> int:
        return self.at + len(self.old)


def key(text: str) -> str:
    """A line without its white space; no-break spaces are white space too."""
    return "".join(text.split())


def place_all(hunks: Sequence[Hunk], text: Text, path: str, same_file: bool) -> tuple[Placed, ...]:
    """Every hunk in its only place, in order.

    same_file: the file is the very one the patch was made for, so line numbers are right.
    Raises AmbiguousHunk, NoPlace.
    """
    placed: list[Placed] = []
    floor = shift = 0
    for hunk in hunks:
        found = _place(hunk, text, path, floor, shift, same_file)
        placed.append(found)
        floor = found.end
        shift = found.offset
    return tuple(placed)


def start(hunk: Hunk) -> int:
    """The 0-based line its header names; "-N,0" means after line N."""
    return hunk.old_start - 1 if hunk.old_count else hunk.old_start


def _place(hunk: Hunk, text: Text, path: str, floor: int, shift: int, same_file: bool) -> Placed:
    where = f"{path}, hunk {hunk.number}"
    if not hunk.old_count and text.lines and not same_file:
        raise AmbiguousHunk(
            f"{where} has no context: nothing says where it goes",
            "make the patch with context lines (git diff -U3)",
        )
    if not hunk.old_count:
        return Placed(hunk, min(start(hunk), len(text.lines)), hunk.readings[0], exact=True)
    # At the end of a damaged hunk may be the rest of a wrapped line, which fuzz would drop.
    for fuzz in range(MAX_FUZZ + 1 if hunk.intact else 1):
        for exact in (True, False):
            found = list(_candidates(hunk, text, floor, exact, fuzz))
            if exact and found and not _indented(found[0].old):
                # To the letter, but perhaps only since the indentation was lost.
                letter = {one.at for one in found}
                loose = _candidates(hunk, text, floor, False, fuzz)
                found += [one for one in loose if one.at not in letter]
            if same_file:
                found = [one for one in found if one.offset == 0] or found
            if found:
                return _only(found, hunk, text, shift, where)
    raise NoPlace(
        f"{where} (@@ -{hunk.old_start},{hunk.old_count} @@) fits nowhere", "", hunk.number
    )


def _indented(lines: Sequence[Line]) -> bool:
    return any(line.text.startswith(("\t", "  ")) and line.text.strip() for line in lines)


def _only(found: list[Placed], hunk: Hunk, text: Text, shift: int, where: str) -> Placed:
    if len(found) > 1:
        found = _told_apart(found, hunk, text, shift) or found
    if len(found) > 1:
        lines = ", ".join(str(one.at + 1) for one in found[:_LISTED])
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        raise AmbiguousHunk(
            f"{where} fits in {len(found)} places: lines {lines}{more}",
            "make the patch for this tree, or with more context (git diff -U10)",
        )
    return found[0]


def _candidates(hunk: Hunk, text: Text, floor: int, exact: bool, fuzz: int) -> Iterator[Placed]:
    for reading in hunk.readings:
        lines = _fuzzed(reading, fuzz) if fuzz else reading
        if lines is None:
            continue
        old = [line for line in lines if line.kind != "+"]
        wanted = tuple(line.full if exact else key(line.text) for line in old)
        for at in _find(wanted, text.lines if exact else text.keys, floor):
            front = _leading(reading) - _leading(lines)
            yield Placed(hunk, at, lines, exact, len(reading) - len(lines), front)


def _find(wanted: tuple[str, ...], among: tuple[str, ...], floor: int) -> Iterator[int]:
    size = len(wanted)
    if not size:
        yield from ([0] if not among else [])
        return
    at = floor
    while at + size <= len(among):
        try:
            at = among.index(wanted[0], at, len(among) - size + 1)
        except ValueError:
            return
        if among[at : at + size] == wanted:
            yield at
        at += 1


def _fuzzed(lines: tuple[Line, ...], fuzz: int) -> tuple[Line, ...] | None:
    """Without up to `fuzz` context lines at each end; None if too little is left to know it by."""
    lead, trail = _leading(lines), _leading(lines[::-1])
    front, back = min(fuzz, lead), min(fuzz, trail)
    kept = lines[front : len(lines) - back]
    solid = [line for line in kept if line.kind != "+" and _SOLID.search(line.text)]
    removed = any(line.kind == "-" for line in solid)
    return kept if len(solid) >= (2 if removed else 3) and front + back else None


def _leading(lines: Sequence[Line]) -> int:
    return next((at for at, line in enumerate(lines) if line.kind != " "), len(lines))


def _told_apart(found: list[Placed], hunk: Hunk, text: Text, shift: int) -> list[Placed]:
    """The one place that both its line and the name its header quotes speak for; else none.

    Code that is in a tree twice may have moved, so that neither is enough where they disagree.
    """
    wanted = key(hunk.heading)
    named = [one for one in found if wanted and key(heading(text, one.at)).startswith(wanted)]
    there = [one for one in found if one.exact and not one.fuzz and one.offset == shift]
    if there:
        return there if not named or there[0] in named else []
    far = min(abs(one.offset - shift) for one in found)
    nearest = [one for one in found if abs(one.offset - shift) == far]
    return named if named == nearest and len(named) == 1 else []


def heading(text: Text, at: int) -> str:
    """What a hunk header says of line `at` (0-based): the last name above it, or ""."""
    above = (line for line in text.lines[:at][::-1] if _NAME.match(line))
    return next(above, "").strip()[:_HEADING]
