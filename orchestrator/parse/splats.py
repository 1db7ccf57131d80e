# SPDX-License-Identifier: GPL-2.0-only
"""Kernel logs to Splats: find where reports start, what belongs to each, and who is guilty.

The rules are data (splat_rules.py); so are the functions that are never guilty
(splat_skips.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestrator.model.evidence import Splat
from orchestrator.parse.prefix import split_prefix
from orchestrator.parse.splat_frames import guilty_function
from orchestrator.parse.splat_rules import (
    BOOT_BANNER,
    CONSEQUENCES,
    HARMLESS,
    NOT_KERNEL,
    PANIC,
    REBOOT,
    RULES,
    SIGNAL,
    Rule,
)

MAX_LINES = 400  # kept of one report
MAX_LINES_WITHOUT_TRACE = 5  # of one whose rule looks for no function
_LONGEST = 2048  # characters looked at; printk's own limit on a line is 1024 (LOG_LINE_MAX)
_END_TRACE = re.compile(r"---\[ end ")
_HEX = re.compile(r"\b(?:0x[0-9a-f]+|[0-9a-f]{8,16})\b")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?![\w.])")
_BOOT_TIME = re.compile(r"\[ *0\.000\d{3}\]")
_RESULT = re.compile(r"\s*(?:not )?ok \d")
_KTAP = re.compile(r"\s*(?:#|(?:not )?ok \d)")


@dataclass
class _Report:
    """A report being read. body: without prefixes, by the same context as the start line."""

    rule: Rule
    match: re.Match[str]
    line: int
    caller: str
    raw: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    fatal: bool = False
    ended: bool = False

    def add(self, raw: str, caller: str, text: str) -> None:
        limit = MAX_LINES if self.rule.sources else MAX_LINES_WITHOUT_TRACE
        ours = caller == self.caller or not caller
        # A test's result from the same context: the report is over, trace or not.
        self.ended |= ours and _RESULT.match(text) is not None
        if self.ended or len(self.raw) >= limit:
            return
        self.raw.append(raw)
        if ours:
            self.body.append(text)
        self.ended = _END_TRACE.match(text) is not None


def parse_splats(lines: Iterable[str]) -> tuple[Splat, ...]:
    """Every report in a log, in order of its first line.

    Follow-ups (an Oops line, a panic because of it, what a dying kernel still says) are part
    of the report they follow. Lines of KTAP and of user space are never a report.
    """
    scanner = _Scanner()
    for number, line in enumerate(lines, 1):
        scanner.feed(line.rstrip("\r\n"), number)
    return tuple(_splat(report) for report in scanner.reports)


class _Scanner:
    """Feeds on raw lines, collects reports."""

    def __init__(self) -> None:
        self.reports: list[_Report] = []
        self._panicked = False
        self._running = False

    def feed(self, raw: str, number: int) -> None:
        caller, text = split_prefix(raw[:_LONGEST])
        banner = BOOT_BANNER.match(text)
        if banner is not None and banner["kernel"] and not _BOOT_TIME.search(raw):
            banner = None  # /proc/version, shown by user space
        if banner is not None:
            self._boot(banner, number)
        elif SIGNAL.search(text) and not _KTAP.match(text):
            self._look(text, caller, number, stamped=len(text) < len(raw))
        for report in self.reports[-2:]:
            report.add(raw, caller, text)
        # Output before any firmware's: the log begins while a kernel is running.
        self._running |= banner is None and number == 1 and not NOT_KERNEL.match(text)

    def _boot(self, match: re.Match[str], number: int) -> None:
        """Firmware or a kernel starts. If a kernel ran and did not say why it went: a report."""
        if self._running and not self._panicked:
            self.reports.append(_Report(REBOOT, match, number, ""))
        self._running, self._panicked = match["kernel"] is not None, False

    def _look(self, text: str, caller: str, number: int, *, stamped: bool) -> None:
        text = text.lstrip()
        if HARMLESS.match(text):
            return
        rule, match = _first_match(text, stamped)
        if rule is None or match is None:
            return
        last = self.reports[-1] if self.reports else None
        panic = PANIC.match(text)
        if panic is not None and last is not None and _follows(panic["reason"] or "", last, number):
            last.fatal = self._panicked = True
            return
        if self._panicked or (last is not None and _elaborates(rule, last, number)):
            return
        self._panicked = panic is not None
        if last is not None and last.caller == caller:
            last.ended = True
        self.reports.append(_Report(rule, match, number, caller, fatal=self._panicked))


def _follows(reason: str, last: _Report, number: int) -> bool:
    """A panic for this reason is what the last report led to."""
    return any(
        row.reason.match(reason)
        and number - last.line <= row.near
        and (not row.kinds or last.rule.kind in row.kinds)
        for row in CONSEQUENCES
    )


def _first_match(text: str, stamped: bool) -> tuple[Rule, re.Match[str]] | tuple[None, None]:
    for rule in RULES:
        match = rule.pattern.match(text) if stamped or not rule.stamped else None
        if match is not None:
            return rule, match
    return None, None


def _elaborates(rule: Rule, last: _Report, number: int) -> bool:
    """This line is part of the last report, not a new one."""
    if number - last.line > rule.near:
        return False
    return "*" in rule.after or last.rule.kind in rule.after


def _splat(report: _Report) -> Splat:
    groups = {key: value or "" for key, value in report.match.groupdict().items()}
    named = groups.get("func") or groups.get("bare") or ""
    function = guilty_function(report.rule, named, report.body)
    title = _stable(report.rule.title.format(**groups))
    return Splat(
        kind=report.rule.kind,
        title=f"{title} in {function}" if function else title,
        line=report.line,
        function=function,
        lines=tuple(report.raw),
        fatal=report.fatal,
    )


def _stable(title: str) -> str:
    return _NUMBER.sub("NUM", _HEX.sub("ADDR", title)).strip()
