# SPDX-License-Identifier: GPL-2.0-only
"""A report between its first line and the moment nothing can be added to it."""

from __future__ import annotations

import re

from orchestrator.model.evidence import Splat
from orchestrator.parse.splat_body import Body
from orchestrator.parse.splat_guilty import guilty_function
from orchestrator.parse.splat_row import Rule
from orchestrator.parse.splat_scan import Candidate

MAX_LINES = 400  # kept of one report
MAX_LINES_WITHOUT_TRACE = 5  # of one whose rule looks for no function
_HEX = re.compile(r"\b(?:0x[0-9a-f]+|(?=[a-f]*\d)[0-9a-f]{8,16})\b")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?![\w.])")


class Report:
    """rule, match: what its first line is. index: among all that are yielded."""

    def __init__(self, rule: Rule, match: re.Match[str], line: Candidate) -> None:
        self.rule, self.match = rule, match
        self.number, self.caller = line.number, line.caller
        self.index = 0
        self.fatal = False
        self.cause: int | None = None
        self._line: Candidate | None = line
        self._limit = MAX_LINES if rule.sources else MAX_LINES_WITHOUT_TRACE
        self._function = ""
        self._lines: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """May lines still be read?"""
        return self._line is not None

    def end_before(self, number: int) -> None:
        """The next report by the same context starts at this line."""
        self._limit = min(self._limit, number - self.number)

    def close(self, keep_lines: bool) -> None:
        """Reads what is needed of the lines and lets go of them."""
        line, self._line = self._line, None
        if line is None:
            return
        body = Body(line.data, line.start, line.caller, self._limit)
        groups = self.match.groupdict()
        named = groups.get("func") or groups.get("bare") or ""
        self._function = guilty_function(self.rule, named, body)
        self._lines = body.all_raw() if keep_lines else ()

    def splat(self) -> Splat:
        """What was found. Only once closed."""
        groups = {key: value or "" for key, value in self.match.groupdict().items()}
        title = _stable(self.rule.title.format(**groups))
        return Splat(
            kind=self.rule.kind,
            title=f"{title} in {self._function}" if self._function else title,
            line=self.number,
            function=self._function,
            lines=self._lines,
            fatal=self.fatal,
            cause=self.cause,
        )


def _stable(title: str) -> str:
    return _NUMBER.sub("NUM", _HEX.sub("ADDR", title)).strip()
