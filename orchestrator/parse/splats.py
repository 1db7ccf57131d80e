# SPDX-License-Identifier: GPL-2.0-only
"""Kernel logs to Splats: find where reports start, what belongs to each, and who is guilty.

The rules are data (splat_rules.py), and so are the functions that are never guilty
(splat_skips.py) and what follows from what (splat_follow.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from orchestrator.model.evidence import Splat
from orchestrator.parse.splat_body import Body
from orchestrator.parse.splat_boots import Boots
from orchestrator.parse.splat_frames import is_traced
from orchestrator.parse.splat_open import Report
from orchestrator.parse.splat_queue import Queue
from orchestrator.parse.splat_row import Rule
from orchestrator.parse.splat_rules import (
    HARMLESS,
    REBOOT,
    first_match,
    number_of,
)
from orchestrator.parse.splat_scan import Candidate, candidates

_BATCH = 4096  # lines joined at a time
_PROOF_WITHIN = 14  # lines
_KTAP = re.compile(r"\s*(?:#|(?:not )?ok \d)")


def parse_splats(lines: Iterable[str]) -> tuple[Splat, ...]:
    """Every report in a log, in order of its first line, with its lines.

    Follow-ups (an Oops line, a panic because of it, what a dying kernel still says) are part
    of the report they follow. Lines of KTAP and of user space are never a report.
    """
    found = find_splats(_blocks(iter(lines)), keep_lines=True)
    return tuple(splat for splat in found if splat.cause is None)


def find_splats(blocks: Iterable[bytes], *, keep_lines: bool = False) -> Iterator[Splat]:
    """Every report and follow-up in a log of any length, as soon as no later line changes it.

    blocks: the log cut anywhere. Splat.cause is the index, among what this yields, of the report
    that a follow-up comes from. Without keep_lines, Splat.lines is empty. Memory stays flat.
    """
    reader = _Reader(keep_lines)
    for line in candidates(blocks):
        reader.feed(line)
        yield from reader.queue.settled(line.number)
    yield from reader.queue.rest()


def _blocks(lines: Iterator[str]) -> Iterator[bytes]:
    while batch := list(islice(lines, _BATCH)):
        whole = (line.rstrip("\r\n").replace("\n", " ") for line in batch)
        yield "".join(f"{line}\n" for line in whole).encode("utf-8", "replace")


class _Reader:
    """Feeds on lines that may start a report."""

    def __init__(self, keep_lines: bool) -> None:
        self.queue = Queue(keep_lines)
        self._boots = Boots()

    def feed(self, line: Candidate) -> None:
        banner = self._boots.banner(line)
        if banner is not None:
            self._boot(banner, line)
            return
        self._boots.says(line)
        if not _KTAP.match(line.text):
            self._look(line)

    def _boot(self, banner: re.Match[str], line: Candidate) -> None:
        """If a kernel ran and did not say why it went: a report."""
        if self._boots.starts(banner) and not self.queue.panicked:
            self.queue.add(Report(REBOOT, banner, line))
        self.queue.reboot()

    def _look(self, line: Candidate) -> None:
        text = line.text.lstrip()
        if HARMLESS.match(text):
            return
        found = first_match(text)
        while found is not None and not _proven(found[0], line):
            found = first_match(text, number_of(found[0]) + 1)
        if found is not None and not self.queue.is_replay(line):
            self.queue.take(Report(*found, line))


def _proven(rule: Rule, line: Candidate) -> bool:
    """Is there what the rule asks for besides the words?"""
    if not rule.proof or (rule.proof == "stamp" and line.stamped):
        return True
    body = iter(Body(line.data, line.start, line.caller, _PROOF_WITHIN))
    next(body, None)
    return is_traced(body)
