# SPDX-License-Identifier: GPL-2.0-only
"""Where in a TOML file something stands: the parser does not tell, and errors must."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from orchestrator.model.errors import UsageError

_HEAD = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")


def parse(path: Path, text: str, what: str) -> dict[str, Any]:
    """The file as tables. UsageError with its line if it is not TOML; what: in the hint."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        number = line[1] if line else max(1, len(text.splitlines()))  # "at end of document"
        raise UsageError(f"{path}:{number}: {error}", f"{what} are TOML") from error


class Lines:
    """The lines of one file, asked for by table, key and value."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def of(self, table: str, index: int = 0, key: str = "", value: str = "") -> int:
        """The line of a value, else of its key, else of its table, else 1.

        table: its header, "" for what stands above all of them; index: which of [[table]].
        """
        first, last = self._table(table, index)
        if not key:
            return first
        at = self._key(key, first, last)
        if at is None:
            return first
        if value:
            quoted = (f'"{value}"', f"'{value}'")
            rows = range(at, last)
            there = (n for n in rows if any(text in self.lines[n - 1] for text in quoted))
            return next(there, at)
        return at

    def _key(self, key: str, first: int, last: int) -> int | None:
        named = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
        return next((n for n in range(first, last) if named.match(self.lines[n - 1])), None)

    def error(self, line: int, message: str, hint: str = "") -> UsageError:
        """One about this line."""
        return UsageError(f"{self.path}:{line}: {message}", hint)

    def _table(self, table: str, index: int) -> tuple[int, int]:
        """Its first line, and the one after its last."""
        heads = [(n, _HEAD.match(line)) for n, line in enumerate(self.lines, start=1)]
        starts = [(n, head[1].replace('"', "")) for n, head in heads if head]
        end = len(self.lines) + 1
        if not table:
            return 1, starts[0][0] if starts else end
        ours = [place for place, (_, name) in enumerate(starts) if name == table]
        if index >= len(ours):  # written as a value: name = [{ ... }]
            at = self._key(table.rpartition(".")[2], 1, end)
            return (at, at + 1) if at else (1, end)
        place = ours[index]
        after = starts[place + 1][0] if place + 1 < len(starts) else end
        return starts[place][0], after
