# SPDX-License-Identifier: GPL-2.0-only
"""Reports in order, and how they hang together: what elaborates, what follows, what repeats."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from orchestrator.model.evidence import Splat
from orchestrator.parse.splat_follow import AFTERMATH, FARTHEST, PANIC, REASONS, follows
from orchestrator.parse.splat_open import Report
from orchestrator.parse.splat_scan import Candidate

_NEAREST = 6  # reports looked back at
_REMEMBERED = 1024  # first lines, to know one that is printed again
_STAMP = re.compile(r".{0,60}?\[ *(\d{1,9}\.\d{6})\]")
# Other CPUs go on with what one began to say.
_SHARED = frozenset({"rcu-stall", "hang", "hard-lockup", "oom"})


class Queue:
    """Takes reports in order of their lines; gives them back when nothing changes them."""

    def __init__(self, keep_lines: bool) -> None:
        self._keep_lines = keep_lines
        self._waiting: deque[Report] = deque()
        self._recent: deque[Report] = deque(maxlen=_NEAREST)  # roots, the last at the end
        self._open: deque[Report] = deque()
        self._seen: dict[str, None] = {}
        self._count = 0
        self._panic: Report | None = None

    @property
    def panicked(self) -> bool:
        """Did the kernel that runs panic?"""
        return self._panic is not None

    def reboot(self) -> None:
        """Another kernel starts: what it says follows from nothing before."""
        self._panic = None
        self._recent.clear()
        self._seen.clear()

    def is_replay(self, line: Candidate) -> bool:
        """Was the same line, with the same time, there before? A console that was switched on
        later prints the log from its start, and so does dmesg."""
        stamp = _STAMP.match(line.raw)
        if stamp is None:
            return False
        key = f"{stamp[1]} {line.text[:200]}"
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return False

    def take(self, report: Report) -> None:
        """A report, a follow-up, or one more line of what is there already."""
        if self._elaborates(report):
            return
        panic = PANIC.match(report.match.string, report.match.start())
        cause = self._cause(report, panic)
        if panic is not None:
            report.fatal = True
            if cause is not None:
                cause.fatal = True
            self._panic = self._panic or cause or report
        report.cause = None if cause is None else cause.index
        self.add(report)

    def add(self, report: Report) -> None:
        """The next one, whatever it is."""
        report.index = self._count
        self._count += 1
        if report.cause is None:
            for earlier in self._open:
                if earlier.caller == report.caller:
                    earlier.end_before(report.number)
            self._recent.append(report)
        self._open.append(report)
        self._waiting.append(report)
        while len(self._open) > 2:
            self._open.popleft().close(self._keep_lines)

    def settled(self, number: int) -> Iterator[Splat]:
        """Those that a line of this number can no longer follow from."""
        while self._waiting and number - self._waiting[0].number > FARTHEST:
            yield self._pop()

    def rest(self) -> Iterator[Splat]:
        """All others: the log ends."""
        while self._waiting:
            yield self._pop()

    def _pop(self) -> Splat:
        report = self._waiting.popleft()
        report.close(self._keep_lines)
        return report.splat()

    def _near(self, report: Report) -> Iterator[Report]:
        """Roots this line may belong to, the likeliest first: of its own context, else the
        last one if it is not known to be of another."""
        last = True
        for earlier in reversed(self._recent):
            shared = not (earlier.caller and report.caller) or earlier.rule.kind in _SHARED
            if earlier.caller == report.caller or (last and shared):
                yield earlier
            last = False

    def _elaborates(self, report: Report) -> bool:
        after = report.rule.after
        return any(
            report.number - earlier.number <= report.rule.near
            and ("*" in after or earlier.rule.kind in after)
            for earlier in self._near(report)
        )

    def _cause(self, report: Report, panic: re.Match[str] | None) -> Report | None:
        if self._panic is not None:
            return self._panic
        if panic is not None:
            return self._led_to(panic["reason"] or "", report)
        text = report.match.string
        for earlier in self._near(report):
            lines = report.number - earlier.number
            if follows(AFTERMATH, text, earlier.rule.kind, lines):
                return earlier
        return None

    def _led_to(self, reason: str, report: Report) -> Report | None:
        """The last report that a panic may come from; of its own context if there is one."""
        able = [
            earlier
            for earlier in reversed(self._recent)
            if follows(REASONS, reason, earlier.rule.kind, report.number - earlier.number)
        ]
        own = [earlier for earlier in able if earlier.caller == report.caller]
        return next(iter(own or able), None)
