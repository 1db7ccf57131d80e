# SPDX-License-Identifier: GPL-2.0-only
"""A night: cells of a matrix, what each attempt at one of them said, and what that means.

A cell is one kernel, configured and patched, on one topology, with a set of suites. Its attempts
are runs as `orchestrate boot` makes them; the history keeps their rows, not their directories.
"""

from __future__ import annotations

import datetime
from enum import Enum

from msgspec import Struct

from orchestrator.model.verdict import Fault, Verdict


def utc(text: str) -> datetime.datetime:
    """A time in ISO 8601; UTC unless it says otherwise. Raises ValueError."""
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


class CellKey(Struct, frozen=True, order=True):
    """What makes two results comparable from night to night; names as the matrix gives them.

    patch: "" for the tree itself. suites: "" for all of them, else names with commas between.
    """

    tree: str
    patch: str
    config: str
    topology: str
    suites: str = ""

    def __str__(self) -> str:
        return "/".join(part or "-" for part in (self.tree, self.patch, self.config, self.topology))


class CaseStatus(Enum):
    """Of one test case in one run. NONE: it was planned, and nothing was heard of it."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"
    NONE = "none"

    @property
    def weight(self) -> int:
        """Of two results of one name in one run, the heavier one counts."""
        return _WEIGHTS[self]


_LIGHT_FIRST = (CaseStatus.NONE, CaseStatus.SKIP, CaseStatus.PASS, CaseStatus.FAIL)
_WEIGHTS = {status: number for number, status in enumerate(_LIGHT_FIRST)}


class CaseRow(Struct, frozen=True):
    """name: suite.case. duration_s: guest seconds, None if it was not told."""

    name: str
    status: CaseStatus
    duration_s: float | None = None


class SignatureRow(Struct, frozen=True):
    """One crash, warning or stall that a run showed: the signature that `show` prints."""

    signature: str
    title: str


class Attempt(Struct, frozen=True):
    """One run of one cell. id: unique wherever it was run (a UUID), so that one that is reported
    twice counts once. number: 1 for the first of a night, 2 for its retry. started_at: UTC, ISO
    8601. wall_s: of the whole run. build_s, boot_s: of these stages, None if there was none.
    titles: of all findings that are no known issue, worst first; () if they are not told."""

    id: str
    cell: CellKey
    number: int
    started_at: str
    verdict: Verdict
    fault: Fault | None
    kernel_release: str
    tree_key: str
    host: str
    run_dir: str
    wall_s: float
    build_s: float | None
    boot_s: float | None
    headline: str
    cases: tuple[CaseRow, ...] = ()
    signatures: tuple[SignatureRow, ...] = ()
    titles: tuple[str, ...] = ()


class Night(Struct, frozen=True):
    """One evaluation of a matrix. id: unique (a UUID). matrix: its name. ended_at: "" while it
    runs. cells: all that the matrix has, run or not (not_run: for want of time, as --budget)."""

    id: str
    matrix: str
    started_at: str
    ended_at: str
    cells: tuple[CellKey, ...]
    not_run: tuple[CellKey, ...] = ()


class Change(Enum):
    """What one test, or a cell's verdict, is tonight, against the nights before."""

    PASSES = "passes"
    NEW_FAILURE = "new failure"
    STILL_FAILING = "still failing"
    FIXED = "fixed"
    FLAKY = "flaky"
    SLOWER = "slower"
    QUARANTINED = "quarantined"
    KNOWN = "known issue"
    NOT_RUN = "not run"
