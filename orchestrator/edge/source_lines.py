# SPDX-License-Identifier: GPL-2.0-only
"""Lines of source files, out of trees that may be gone, by names that may mean harm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from orchestrator.model.run_page import SourceSpot

AROUND = 3  # lines shown before and after
MOST_BYTES = 4 << 20  # of a file; the longest of the kernel's own C files has 1 MiB


class Sources:
    """Files below some roots, the first that has one counts, each read once.

    Names come from debug info and from what a guest printed: a name that leads out of a root, by
    dots or by links, is not followed, and neither is anything that is no regular file.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = [root.resolve() for root in roots if root.is_dir()]
        self._read: dict[str, tuple[str, ...]] = {}

    @property
    def there(self) -> bool:
        """Is any root?"""
        return bool(self._roots)

    def lines(self, file: str) -> tuple[str, ...]:
        """All lines of a file; () if there is none."""
        if file not in self._read:
            self._read[file] = self._find(file)
        return self._read[file]

    def spot(self, file: str, line: int) -> SourceSpot | None:
        """A line, 1-based, and AROUND it; None if it is not there."""
        lines = self.lines(file)
        if not 1 <= line <= len(lines):
            return None
        first = max(1, line - AROUND)
        return SourceSpot(file, line, first, lines[first - 1 : line + AROUND])

    def spots(self, asked: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], SourceSpot]:
        """Those that are there."""
        found = {place: self.spot(*place) for place in dict.fromkeys(asked)}
        return {place: spot for place, spot in found.items() if spot}

    def _find(self, file: str) -> tuple[str, ...]:
        name = PurePosixPath(file)
        if not file or "\0" in file or name.is_absolute():
            return ()
        for root in self._roots:
            try:
                path = (root / name).resolve()
                if not (path.is_relative_to(root) and path.is_file()):
                    continue
                if path.stat().st_size > MOST_BYTES:
                    return ()
                return tuple(path.read_bytes().decode(errors="replace").splitlines())
            except (OSError, RuntimeError):  # too long a name, a loop of links
                continue
        return ()
