# SPDX-License-Identifier: GPL-2.0-only
"""`gcov --json-format` (gcc 9 and later, gcc/gcov.cc), or `llvm-cov gcov -i` (LLVM's
lib/ProfileData/GCOV.cpp), whose format is that of gcc before 9 → how often each line ran."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from orchestrator.model.compare import LineCounts

# "lcount:12,3": line 12 ran three times; a file's follow its "file:NAME".
_TEXT = re.compile(r"lcount:(?P<line>\d+),(?P<count>\d+)(?:,.*)?")


class _Line(msgspec.Struct):
    line_number: int
    count: int


class _File(msgspec.Struct):
    file: str
    lines: list[_Line]


class _Report(msgspec.Struct):
    files: list[_File]


def parse_gcov(text: str) -> LineCounts:
    """Source file, relative to the tree → line, 1-based → count; lines without code are absent.

    A line that several functions share (inlined, or a macro's) has the sum. kbuild names sources
    from the objects' folder inside the tree, so "../kernel/kthread.c" is kernel/kthread.c. Raises
    ValueError if the text is none of gcov's.
    """
    counts: LineCounts = {}
    lines = text.splitlines()
    reports = [line for line in lines if line.startswith("{")]
    if not reports:
        return _of_text(lines)
    for line in reports:
        for file in msgspec.json.decode(line, type=_Report).files:
            here = counts.setdefault(_relative(file.file), {})
            for each in file.lines:
                here[each.line_number] = here.get(each.line_number, 0) + each.count
    return counts


def _of_text(lines: Sequence[str]) -> LineCounts:
    counts: LineCounts = {}
    here: dict[int, int] = {}
    for line in lines:
        if line.startswith("file:"):
            here = counts.setdefault(_relative(line.removeprefix("file:")), {})
        elif match := _TEXT.fullmatch(line):
            number = int(match["line"])
            here[number] = here.get(number, 0) + int(match["count"])
    return counts


def add(all_counts: Iterable[LineCounts]) -> LineCounts:
    """The counts of several runs together."""
    total: dict[str, Counter[int]] = {}
    for counts in all_counts:
        for file, lines in counts.items():
            total.setdefault(file, Counter()).update(lines)
    # Counter.update() keeps lines with a count of 0, which say "never run".
    return {file: dict(lines) for file, lines in total.items()}


def _relative(name: str) -> str:
    path = posixpath.normpath(name)
    while path.startswith("../"):
        path = path[3:]
    return path
