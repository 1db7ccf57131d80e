# SPDX-License-Identifier: GPL-2.0-only
"""Where in a topology's file something is wrong."""

from __future__ import annotations

import re
from pathlib import Path

from orchestrator.model.errors import UsageError

_ANY_TABLE = re.compile(r"\s*\[\[\s*(\w+)\s*\]\]")


class Where:
    """Finds the line an error is about."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def error(
        self, key: str, message: str, hint: str, at: int | None = None, table: str = "node"
    ) -> UsageError:
        """About the line where `key` is written: in the table's at'th, if one is given.

        Where the key is nowhere, the line is the table's, and 1 for the file.
        """
        first, last = self._table(table, at)
        pattern = re.compile(
            rf"""\s*(\[\[\s*{re.escape(key)}\s*\]\]|["']?{re.escape(key)}["']?\s*=)"""
        )
        found = (n for n in range(first, last) if pattern.match(self.lines[n - 1]))
        return UsageError(f"{self.path}:{next(found, first)}: {message}", hint)

    def _table(self, table: str, at: int | None) -> tuple[int, int]:
        """The first line of a table and the one after its last."""
        end = len(self.lines) + 1
        found = [(n, _ANY_TABLE.match(line)) for n, line in enumerate(self.lines, start=1)]
        tables = [(n, match[1]) for n, match in found if match]
        starts = [n for n, name in tables if name == table]
        if at is None or at >= len(starts):
            return 1, end
        return starts[at], next((n for n, _ in tables if n > starts[at]), end)
