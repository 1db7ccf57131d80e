# SPDX-License-Identifier: GPL-2.0-only
"""One night as it is run: kernels that cells share, why a cell comes when, what it came to."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from orchestrator.model.night import Attempt, CellKey, Night
from orchestrator.model.progress import ProgressEvent
from orchestrator.model.verdict import Finding, Verdict, worst

NIGHT_SCHEMA_VERSION = 1


class KernelName(Struct, frozen=True, order=True):
    """A kernel and the module built for it: made once, booted by many cells."""

    tree: str
    patch: str
    config: str

    def __str__(self) -> str:
        return "/".join(part or "-" for part in (self.tree, self.patch, self.config))


def kernel_of(cell: CellKey) -> KernelName:
    """The kernel it boots."""
    return KernelName(cell.tree, cell.patch, cell.config)


class Reason(Enum):
    """Why a cell is worth running, the most informative first."""

    NEVER_RUN = "never run"
    TOUCHED = "changed in files its patch touches"
    CHANGED = "changed since"
    FLAKY = "flaky"
    RED = "not green last time"
    PATCHED = "has a patch"
    AGAIN = "nothing new"


class Planned(Struct, frozen=True):
    """A cell in its place. words: the reason, with what it rests on."""

    cell: CellKey
    reason: Reason
    words: str
    boot_s: float  # expected
    build_s: float  # expected of its kernel, which it may share


class CellResult(Struct, frozen=True):
    """All attempts at a cell, in order. findings: of the one that decides. from_run: when it ran,
    in words, if that was before this night was interrupted."""

    cell: CellKey
    attempts: tuple[Attempt, ...]
    findings: tuple[Finding, ...] = ()
    from_run: str = ""

    @property
    def verdict(self) -> Verdict:
        """The worst that a run says of the kernel: a pass does not undo a failure before it.
        INFRASTRUCTURE only if no attempt says anything."""
        return settled(tuple(attempt.verdict for attempt in self.attempts))

    @property
    def flaky(self) -> bool:
        """Did one attempt pass, and another not? (Whose host failed says nothing.)"""
        said = {attempt.verdict for attempt in self.attempts} - {Verdict.INFRASTRUCTURE}
        return Verdict.PASS in said and len(said) > 1


def settled(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The worst, where a failure of the host counts only if there is nothing else."""
    told = tuple(verdict for verdict in verdicts if verdict is not Verdict.INFRASTRUCTURE)
    return worst(told or verdicts)


class Spent(Struct, frozen=True):
    """Where a night's time went, in seconds. slots: runs at a time. work_s: of all builds and
    boots together. ideal_s: what the same work takes if starting and ending cost nothing."""

    wall_s: float
    slots: int
    work_s: float
    ideal_s: float

    @property
    def overhead(self) -> float:
        """The share of the night that was neither work nor waiting for work."""
        return max(0.0, 1 - self.ideal_s / self.wall_s) if self.wall_s else 0.0


class NightResult(Struct, frozen=True):
    """What `orchestrate nightly run` found. planned: in the order of that night. quarantined:
    cells that failed, though nothing that is not in quarantine did."""

    night: Night
    command: tuple[str, ...]
    folder: str
    tier: str
    budget_s: float | None
    results: tuple[CellResult, ...]
    planned: tuple[Planned, ...]
    spent: Spent
    kernels: int
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    quarantined: tuple[CellKey, ...] = ()
    schema_version: int = NIGHT_SCHEMA_VERSION

    @property
    def verdict(self) -> Verdict:
        """The worst of a kernel, else INFRASTRUCTURE if a cell has nothing else to say, else PASS
        if anything ran. Cells that were left out for want of time don't count, and those in
        quarantine count as a pass."""
        excused = set(self.quarantined)
        verdicts = tuple(
            Verdict.PASS if result.cell in excused else result.verdict for result in self.results
        )
        said = settled(verdicts)
        hosts = Verdict.INFRASTRUCTURE in verdicts
        if said in (Verdict.PASS, Verdict.SKIP) and hosts:
            return Verdict.INFRASTRUCTURE
        return worst((said, Verdict.INCOMPLETE)) if self.interrupted else said


class CellStarted(Struct, frozen=True):
    """A run of a cell began; number: of its attempt."""

    cell: CellKey
    number: int


class CellEnded(Struct, frozen=True):
    """It ended. again: it will be tried once more. done of total cells are finished, and in about
    left_s all of them."""

    attempt: Attempt
    again: bool
    done: int
    total: int
    left_s: float


NightEvent = ProgressEvent | CellStarted | CellEnded
