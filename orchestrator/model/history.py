# SPDX-License-Identifier: GPL-2.0-only
"""What the history tells: nights with their attempts, one test over time, signatures over time."""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.night import Attempt, CaseStatus, CellKey, Night
from orchestrator.model.verdict import Verdict


class NightRuns(Struct, frozen=True):
    """One night and all attempts made in it, in the order they began."""

    night: Night
    attempts: tuple[Attempt, ...]


class CaseSeen(Struct, frozen=True):
    """One result of one test. night, attempt: their ids. verdict: of the whole run."""

    night: str
    attempt: str
    number: int
    cell: CellKey
    started_at: str
    host: str
    verdict: Verdict
    status: CaseStatus
    duration_s: float | None


class SignatureSeen(Struct, frozen=True):
    """One crash, warning or stall over time. runs, cells: how many showed it."""

    signature: str
    title: str
    first_at: str
    first_night: str
    last_at: str
    last_night: str
    runs: int
    cells: int
