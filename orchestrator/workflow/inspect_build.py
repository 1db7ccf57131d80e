# SPDX-License-Identifier: GPL-2.0-only
"""What two built kernels show without being run: text sizes, warnings, lines compiled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from orchestrator.edge.recompile import compiled_lines, text_sizes
from orchestrator.judge.compare.covered import Changed, c_lines, covered
from orchestrator.model.compare import CoveredLine, Difference, Kind, LineCounts, Size
from orchestrator.model.job import BuiltKernel
from orchestrator.model.verdict import EvidenceLine

_PLACE = re.compile(r":\d+(?::\d+)?:")


def sizes(base: BuiltKernel, head: BuiltKernel, c_files: Sequence[str]) -> tuple[Size, ...]:
    """Functions whose text has another size, largest change first."""
    changed: list[Size] = []
    for file in c_files:
        old, new = text_sizes(base, file), text_sizes(head, file)
        for name in sorted(old.keys() | new.keys()):
            if old.get(name, 0) != new.get(name, 0):
                changed.append(Size(name, old.get(name, 0), new.get(name, 0)))
    return tuple(sorted(changed, key=lambda size: -abs(size.head - size.base)))


def new_warnings(base: BuiltKernel, head: BuiltKernel) -> tuple[Difference, ...]:
    """Warnings of the compiler that base has not, wherever in the file they are."""
    known = {_PLACE.sub(":", text) for text in base.warnings}
    fresh = [text for text in head.warnings if _PLACE.sub(":", text) not in known]
    return tuple(
        Difference(
            kind=Kind.WARNING,
            where="",
            title=_PLACE.sub(":", text),
            base="",
            head="warned",
            seen_in=1,
            of_head=1,
            of_base=1,
            evidence=(EvidenceLine("head/build.log", 0, text),),
        )
        for text in fresh
    )


def patch_coverage(
    base: BuiltKernel, head: BuiltKernel, c_files: Sequence[str], counts: LineCounts
) -> tuple[CoveredLine, ...]:
    """Every line of C the patch added, and whether it ran in any run of head."""
    changes = read_changes(base.src, head.src, c_files)
    compiled = {change.path: compiled_lines(head, change.path) for change in changes}
    return covered(changes, counts, compiled)


def read_changes(base: Path, head: Path, c_files: Sequence[str]) -> tuple[Changed, ...]:
    """The files as both kernels were built from them; those that are gone are left out."""
    return tuple(
        Changed(file, _text(base / file), _text(head / file))
        for file in c_files
        if (head / file).is_file()
    )


def whole_diff(base: Path, head: Path, c_files: Sequence[str]) -> str:
    """The files' diff as built, whatever number of patches it came in."""
    parts: list[str] = []
    for change in read_changes(base, head, c_files):
        names = (f"a/{change.path}", f"b/{change.path}")
        lines = unified_diff(c_lines(change.before), c_lines(change.after), *names, lineterm="")
        parts.extend(lines)
    return "\n".join(parts)


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""
