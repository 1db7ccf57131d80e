# SPDX-License-Identifier: GPL-2.0-only
"""Unified diffs, taken apart, and what became of them on a tree.

Texts are str with bytes that are no UTF-8 as surrogates (errors="surrogateescape").
"""

from __future__ import annotations

from msgspec import Struct


class Line(Struct, frozen=True):
    """One line of a hunk. kind: " ", "-" or "+". text: without marker and line end.

    eol: False for the last line of a file that does not end with a line feed.
    """

    kind: str
    text: str
    eol: bool = True

    @property
    def full(self) -> str:
        return self.text + "\n" if self.eol else self.text


class Hunk(Struct, frozen=True):
    """One hunk. Line numbers are 1-based, as in its header; heading: what follows the second @@.

    readings: what its lines can be; more than one only if markers were lost and nothing but the
    file tells a removed "-x" from a context line "-x". intact: every line has its marker.
    """

    number: int
    old_start: int
    old_count: int
    new_start: int
    new_count: int
    heading: str
    readings: tuple[tuple[Line, ...], ...]
    intact: bool


class FileDiff(Struct, frozen=True):
    """What a patch does to one file. A path is None on the side where there is no file.

    Blobs are the abbreviated object names of the index line, modes the octal texts of git's
    headers, "" if not said. renamed, copied: old_path and new_path differ on purpose.
    """

    old_path: str | None
    new_path: str | None
    hunks: tuple[Hunk, ...] = ()
    old_blob: str = ""
    new_blob: str = ""
    old_mode: str = ""
    new_mode: str = ""
    renamed: bool = False
    copied: bool = False
    binary: bool = False

    @property
    def path(self) -> str:
        return self.new_path or self.old_path or ""


class RepairNote(Struct, frozen=True):
    """What had to be done for one hunk (0: for the file as a whole) to apply.

    restored: lines that got white space back, taken from the file; indented: added lines whose
    white space was inferred; offset: lines the hunk moved; fuzz: context lines that were ignored
    at its ends. text: anything else, in words.
    """

    path: str
    hunk: int
    restored: int = 0
    indented: int = 0
    offset: int = 0
    fuzz: int = 0
    text: str = ""

    def __str__(self) -> str:
        done = []
        if self.restored:
            done.append(f"white space of {_lines(self.restored)} taken from the file")
        if self.indented:
            done.append(f"{_lines(self.indented)} indented in kernel style")
        if self.offset:
            done.append(f"applied {_lines(abs(self.offset))} {_way(self.offset)}")
        if self.fuzz:
            done.append(f"fuzz: {_lines(self.fuzz)} of context ignored")
        if self.text:
            done.append(self.text)
        where = f"{self.path}, hunk {self.hunk}" if self.hunk else self.path
        return f"{where}: {'; '.join(done)}"


def _lines(count: int) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"


def _way(offset: int) -> str:
    return "further down" if offset > 0 else "further up"


class Change(Struct, frozen=True):
    """A file before and after. None: there is no such file on that side."""

    old_path: str | None
    new_path: str | None
    before: str | None
    after: str | None
    copied: bool = False  # the old file stays


class Repaired(Struct, frozen=True):
    """A patch as `git apply` takes it. text: the whole diff. changes: one for each file."""

    text: str
    notes: tuple[RepairNote, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def touched(self) -> tuple[str, ...]:
        """Paths that are there afterwards or no longer, sorted."""
        both = (path for change in self.changes for path in (change.old_path, change.new_path))
        return tuple(sorted({path for path in both if path}))


class Applied(Struct, frozen=True):
    """A series on a tree: one entry a patch, each made for what those before it left."""

    patches: tuple[Repaired, ...]


class Hazard(Struct, frozen=True):
    """Something the user should know of before a patch is built; it is no reason to refuse."""

    paths: tuple[str, ...]
    text: str
