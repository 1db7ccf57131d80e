# SPDX-License-Identifier: GPL-2.0-only
"""Reports in the kernel log: each is a finding, fatal or not."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

# The kernel went on and said that something is wrong.
_WRONG = {"WARNING", "UBSAN", "KCSAN", "lockdep", "refcount", "memory-leak", "atomic-sleep"}
# The kernel says that something does not go on.
_STUCK = {"hang", "rcu-stall", "soft-lockup", "hard-lockup"}


def check_splats(case: Case) -> Iterator[Finding]:
    for splat in case.evidence.splats:
        lines = tuple(
            EvidenceLine(case.evidence.log_from, splat.line + offset, text)
            for offset, text in enumerate(splat.lines[:MAX_LINES])
        )
        yield Finding(
            "splats", verdict_of(splat.kind, splat.fatal), Fault.KERNEL, splat.title, lines
        )


def verdict_of(kind: str, fatal: bool) -> Verdict:
    """A panic is a crash whatever led to it, unless it was a stall."""
    if kind in _STUCK:
        return Verdict.HANG
    if kind in _WRONG and not fatal:
        return Verdict.FAIL
    return Verdict.CRASH
