# SPDX-License-Identifier: GPL-2.0-only
"""A bisect: its history, what was built and run on the way, and what came of it."""

from __future__ import annotations

import enum

from msgspec import Struct

from orchestrator.model.verdict import EvidenceLine

BISECT_SCHEMA_VERSION = 1


class Outcome(enum.Enum):
    """What one run says of the failure that is looked for. UNKNOWN: nothing."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class Word(enum.Enum):
    """How a bisect ended."""

    FOUND = "found"
    SET = "set"  # one of several, which cannot be told apart: what is between does not build
    UNSURE = "unsure"  # the runs allowed were used up
    CONTRADICTION = "contradiction"  # it comes and goes: no single step explains what was seen
    # Of options: what was found fails, but the bad end without it does so as well, or cannot be
    # tested.
    NOT_ALONE = "not-alone"
    ONE_SIDED = "one-sided"
    GOOD_IS_BAD = "good-is-bad"
    BAD_IS_GOOD = "bad-is-good"
    SAME_KERNEL = "same-kernel"  # both ends build the same kernel
    END_UNTESTABLE = "end-untestable"  # an end does not build, or no run of it says anything

    @property
    def exit_code(self) -> int:
        """0 found; 1 not told apart; 2 an end is not what it was called; 3 could not be asked."""
        if self is Word.FOUND:
            return 0
        if self in _HALF:
            return 1
        return 3 if self is Word.END_UNTESTABLE else 2


_HALF = (Word.SET, Word.UNSURE, Word.CONTRADICTION, Word.NOT_ALONE, Word.ONE_SIDED)


class Step(Struct, frozen=True):
    """A node of the history: the good end is number 0, the bad end the last.

    name: a whole commit id, "patch 3". parents: numbers, all smaller; () for the good end. tree:
    of a commit, the id of its tree.
    """

    name: str
    title: str
    author: str = ""
    date: str = ""  # ISO 8601
    parents: tuple[int, ...] = ()
    tree: str = ""


class Check(Struct, frozen=True):
    """What counts as the failure.

    kind: "red" any verdict that is not green; "case" that a case (text: SUITE.CASE) fails;
    "signature" that a finding has this signature, or this text in its title; "leak" that memory
    is lost; "creation" that the median creation takes longer than bound (microseconds); "slow"
    that a case (text) takes longer than bound (seconds).
    """

    kind: str = "red"
    text: str = ""
    bound: float = 0.0

    @property
    def timed(self) -> bool:
        """Is it a bound on a time, which good commits exceed now and then as well?"""
        return self.kind in ("creation", "slow")

    def __str__(self) -> str:
        return {
            "red": "any verdict that is not green",
            "case": f"case {self.text} fails",
            "signature": f"a finding has the signature or title {self.text}",
            "leak": "memory is lost",
            "creation": f"median creation of a thread takes more than {self.bound:g} us",
            "slow": f"case {self.text} takes more than {self.bound:g} s",
        }[self.kind]


class Built(Struct, frozen=True):
    """One step, built or not. identity: the same for the same kernel and modules, "" if broken.

    error: why it is broken. cached: it was in the store. run_dir: with its build log.
    """

    node: int
    identity: str
    took_s: float = 0.0
    error: str = ""
    cached: bool = False
    run_dir: str = ""


class Trial(Struct, frozen=True):
    """One run of one step. said: what it showed, in a line. signatures: of its findings."""

    node: int
    outcome: Outcome
    run_dir: str = ""
    said: str = ""
    verdict: str = ""
    signatures: tuple[str, ...] = ()
    evidence: tuple[EvidenceLine, ...] = ()
    took_s: float = 0.0


class Suspect(Struct, frozen=True):
    """A step that may be the one. probability: that it is, 0 to 1, by all runs."""

    node: int
    probability: float


class Side(Struct, frozen=True):
    """What the runs of one step showed. same_as: another step that builds the same kernel, whose
    runs these are, or None."""

    node: int
    good: int
    bad: int
    unknown: int
    trials: tuple[Trial, ...] = ()
    same_as: int | None = None


class BisectResult(Struct, frozen=True):
    """What `orchestrate bisect` found. sure: probability that the suspects hold the culprit.

    rate: how often a bad commit fails, estimated, None if none failed. after: what the first
    suspect showed, before: its parents. resumed: runs that are from an interrupted bisect.
    """

    word: Word
    check: Check
    steps: tuple[Step, ...]
    command: tuple[str, ...]
    started_at: str
    run_dir: str
    tree: str
    suspects: tuple[Suspect, ...] = ()
    sure: float = 0.0
    asked_sure: float = 0.95
    rate: float | None = None
    after: tuple[Side, ...] = ()
    before: tuple[Side, ...] = ()
    ends: tuple[Side, ...] = ()
    builds: tuple[Built, ...] = ()
    trials: tuple[Trial, ...] = ()
    same: tuple[tuple[int, ...], ...] = ()  # steps that build one and the same kernel
    resumed: int = 0
    took_s: float = 0.0
    notes: tuple[str, ...] = ()
    schema_version: int = BISECT_SCHEMA_VERSION
