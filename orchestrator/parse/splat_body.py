# SPDX-License-Identifier: GPL-2.0-only
"""The lines of one report, taken apart only as far as somebody reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.parse.prefix import split_prefix
from orchestrator.parse.splat_scan import LONGEST, REACH

_END_TRACE = re.compile(r"---\[ end ")
# A test's result: the report is over, trace or not.
_RESULT = re.compile(r"\s*(?:not )?ok \d")
_FIRST_SPAN = 4096  # bytes cut into lines at a time: most answers are near the start


class Body:
    """Iterates over the report's lines without prefixes, the start line first, without what
    other contexts wrote in between. Ends at its end marker, at a test's result, or after
    `limit` lines."""

    def __init__(self, data: bytes, start: int, caller: str, limit: int) -> None:
        self._caller, self._left = caller, limit
        self._source = _lines(data, start)
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
        raw = next(self._source, None) if self._left > 0 else None
        if raw is None:
            return False
        self._left -= 1
        caller, text = split_prefix(raw)
        ours = caller == self._caller or not caller
        if ours and "ok " in text and _RESULT.match(text):
            self._left = 0
            return True
        self.raw.append(raw)
        if ours:
            self._own.append(text)
            if "---[ end " in text and _END_TRACE.match(text):
                self._left = 0
        return True


def _lines(data: bytes, start: int) -> Iterator[str]:
    """The lines from there, each as far as it is looked at, up to a report's REACH."""
    span, last = _FIRST_SPAN, min(len(data), start + REACH)
    while start < last:
        end = min(start + span, last)
        if end < len(data):
            end = data.rfind(b"\n", start, end) + 1
        if end <= start:  # longer than the span: all of it, cut
            end = data.find(b"\n", start) + 1 or len(data)
        text = data[start : min(end, start + REACH)].decode("utf-8", "replace")
        for line in text.removesuffix("\n").split("\n"):
            yield line[:LONGEST].rstrip("\r")
        start, span = end, REACH
