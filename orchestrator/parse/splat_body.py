# SPDX-License-Identifier: GPL-2.0-only
"""The lines of one report, taken apart only as far as somebody reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.parse.prefix import split_prefix
from orchestrator.parse.splat_scan import decoded

_END_TRACE = re.compile(r"---\[ end ")
# A test's result: the report is over, trace or not.
_RESULT = re.compile(r"\s*(?:not )?ok \d")


class Body:
    """Iterates over the report's lines without prefixes, the start line first, without what
    other contexts wrote in between. Ends at its end marker, at a test's result, or after
    `limit` lines."""

    def __init__(self, data: bytes, start: int, caller: str, limit: int) -> None:
        self._data, self._at, self._caller, self._left = data, start, caller, limit
        self._own: list[str] = []
        self.raw: list[str] = []

    def __iter__(self) -> Iterator[str]:
        at = 0
        while at < len(self._own) or self._pull():
            if at < len(self._own):
                yield self._own[at]
                at += 1

    def all_raw(self) -> tuple[str, ...]:
        """Every line with its prefix, those of other contexts too."""
        while self._pull():
            pass
        return tuple(self.raw)

    def _pull(self) -> bool:
        """Takes one more line; False at the end."""
        if self._left <= 0 or self._at >= len(self._data):
            return False
        self._left -= 1
        raw = decoded(self._data, self._at)
        end = self._data.find(b"\n", self._at)
        self._at = len(self._data) if end < 0 else end + 1
        self._take(raw)
        return True

    def _take(self, raw: str) -> None:
        caller, text = split_prefix(raw)
        ours = caller == self._caller or not caller
        if ours and _RESULT.match(text):
            self._left = 0
            return
        self.raw.append(raw)
        if ours:
            self._own.append(text)
            if _END_TRACE.match(text):
                self._left = 0
