# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts, the findings they rest on, and the exit code each one ends with."""

from __future__ import annotations

import enum

from msgspec import Struct


class Verdict(enum.Enum):
    """What is said of the kernel under test, in one word."""

    PASS = "pass"
    SKIP = "skip"
    INCOMPLETE = "incomplete"
    FAIL = "fail"
    HANG = "hang"
    CRASH = "crash"
    PATCH_BROKEN = "patch-broken"
    BUILD_BROKEN = "build-broken"
    INFRASTRUCTURE = "infrastructure"

    @property
    def exit_code(self) -> int:
        """0 proven green; 1 not green; 3 our or the host's failure. (2 is usage.)

        A run in which everything was skipped proves nothing, so it is not 0.
        """
        if self is Verdict.PASS:
            return 0
        return 3 if self is Verdict.INFRASTRUCTURE else 1


# Rank among findings of one run: a cause outranks an absence, so a crash that also left
# the results unfinished is a crash. Infrastructure tops the list: if the machine was not
# the one asked for, nothing it says counts.
_RANK = {
    Verdict.PASS: 0,
    Verdict.SKIP: 1,
    Verdict.INCOMPLETE: 2,
    Verdict.FAIL: 3,
    Verdict.HANG: 4,
    Verdict.CRASH: 5,
    Verdict.PATCH_BROKEN: 6,
    Verdict.BUILD_BROKEN: 6,
    Verdict.INFRASTRUCTURE: 7,
}


def rank(verdict: Verdict) -> int:
    """How bad it is among others, higher is worse."""
    return _RANK[verdict]


def worst(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The verdict that wins; INCOMPLETE for an empty tuple, never PASS."""
    return max(verdicts, key=_RANK.__getitem__, default=Verdict.INCOMPLETE)


class Fault(enum.Enum):
    """Whose fault a finding is."""

    KERNEL = "kernel"
    TEST = "test"
    OURS = "ours"


class EvidenceLine(Struct, frozen=True):
    """A line a finding rests on: file in the run directory, 1-based line (0: the whole file)."""

    file: str
    line: int
    text: str


class Finding(Struct, frozen=True):
    """One thing a check saw that speaks against green.

    signature: the same for the same finding in other runs. known: id of the known issue that
    it is (judge/known.py), "" if it is none. host: what the host did that may have caused it, so
    that it says nothing of the kernel (judge/starved.py).
    """

    check: str  # the check that found it, e.g. "ktap"
    verdict: Verdict  # what it alone would make of the run
    fault: Fault
    title: str  # one line, stable from run to run
    evidence: tuple[EvidenceLine, ...] = ()
    hint: str = ""  # what to do next, if there is something
    signature: str = ""
    known: str = ""
    host: str = ""
