# SPDX-License-Identifier: GPL-2.0-only
"""Diffs copied from a page's HTML source: &lt; &gt; &amp; &quot; instead of the characters."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from msgspec.structs import replace

from orchestrator.model.diff import FileDiff, Hunk, Line
from orchestrator.model.errors import PatchBroken
from orchestrator.patch.place import key

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{2,4}|#x[0-9a-fA-F]{2,4});")
_RAW = re.compile(rf"[<>]|&(?!{_ENTITY.pattern[1:]})")
# As C these would be "a - &gt; b" and nothing: nobody writes that.
_SURE = re.compile(r"\w-&gt;\w|#\s*include &lt;[\w/.-]+&gt;")


def decoded(files: tuple[FileDiff, ...], keys: Iterable[str]) -> tuple[FileDiff, ...]:
    """The files without entities if the patch was escaped as a whole, else unchanged.

    keys: those of all lines of the files it changes; they tell one from the other, since "&lt;"
    can be C. Raises PatchBroken if only added lines have entities and nothing tells.
    """
    lines = [line for file in files for hunk in file.hunks for line in hunk.readings[0]]
    odd = [line for line in lines if _ENTITY.search(line.text)]
    if not odd or any(_RAW.search(line.text) for line in lines):
        return files  # a page's source has no bare <, > or &
    known = set(keys)
    old = [line for line in odd if line.kind != "+"]
    if any(key(line.text) in known for line in old):
        return files
    sure = any(_SURE.search(line.text) for line in odd)
    if sure or any(key(html.unescape(line.text)) in known for line in old):
        return tuple(_file(file) for file in files)
    raise PatchBroken(
        f"the patch has HTML entities that may be its own: {odd[0].text.strip()[:60]!r}",
        "take it from the mail itself, not from a page's source",
    )


def _file(file: FileDiff) -> FileDiff:
    return replace(file, hunks=tuple(_hunk(hunk) for hunk in file.hunks))


def _hunk(hunk: Hunk) -> Hunk:
    readings = tuple(tuple(_line(line) for line in reading) for reading in hunk.readings)
    return replace(hunk, readings=readings)


def _line(line: Line) -> Line:
    return replace(line, text=html.unescape(line.text))
