# SPDX-License-Identifier: GPL-2.0-only
"""What a night means: each cell and each test of it against last night, and against its base."""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.night import Attempt, CellKey, Change, Night
from orchestrator.model.verdict import Verdict


class Rate(Struct, frozen=True):
    """How often a test failed, with the 95 % interval (Wilson's) of its chance to."""

    failed: int
    runs: int
    low: float
    high: float


class Slowdown(Struct, frozen=True):
    """Seconds in the latest nights (of which it takes two) and before, medians; the ratio for a
    host that is always as fast, its 95 % interval, and the p of the test."""

    now_s: float
    before_s: float
    ratio: float
    low: float
    high: float
    p: float


class Quarantine(Struct, frozen=True):
    """One entry of the quarantine file: failures of these tests don't count until that day.

    tests, cells: shell patterns on `suite.case` and on str(CellKey). until: last day it holds,
    ISO 8601. line: of the file, for messages.
    """

    tests: str
    cells: str
    owner: str
    reason: str
    until: str
    line: int = 0


class Standing(Struct, frozen=True):
    """One test of one cell, or the cell's verdict (test: ""), tonight.

    change: against the nights before. against_base: against the same cell without the patch
    tonight; None if it has no patch, or the base was not run. headline: what failed, one line.
    since: when the night began that first showed this failure (or, for FIXED, last showed it);
    "" if it is not known. rate: for FLAKY. slow: for SLOWER. quarantine: the entry that covers
    this failure. attempts: ids of tonight's that name it, oldest first; () if none does.
    """

    cell: CellKey
    test: str
    change: Change
    against_base: Change | None = None
    headline: str = ""
    since: str = ""
    rate: Rate | None = None
    slow: Slowdown | None = None
    quarantine: Quarantine | None = None
    attempts: tuple[str, ...] = ()


class JudgedNight(Struct, frozen=True):
    """A night and what it means. attempts: all of tonight, oldest first. previous: the night it
    is compared with, None if there is none. standings: every cell's verdict, and every test that
    does not simply pass, worst first. warnings: what readers must know (a quarantine that is
    over, say), one line each."""

    night: Night
    attempts: tuple[Attempt, ...]
    previous: Night | None
    standings: tuple[Standing, ...]
    warnings: tuple[str, ...] = ()

    @property
    def verdicts(self) -> dict[CellKey, tuple[Verdict, ...]]:
        """Of each cell that was run, its attempts in order, on whatever sources."""
        made: dict[CellKey, tuple[Verdict, ...]] = {}
        for attempt in self.attempts:
            made[attempt.cell] = (*made.get(attempt.cell, ()), attempt.verdict)
        return made
