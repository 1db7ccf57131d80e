# SPDX-License-Identifier: GPL-2.0-only
"""Reports in the kernel log: each is a finding, fatal or not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.model.evidence import Splat
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

# The kernel went on and said that something is wrong.
_WRONG = {"WARNING", "UBSAN", "KCSAN", "lockdep", "refcount", "memory-leak", "atomic-sleep"}
# The kernel says that something does not go on.
_STUCK = {"hang", "rcu-stall", "soft-lockup", "hard-lockup"}

# A stack frame or instruction pointer the kernel is sure of: no "?" before it.
_FRAME = re.compile(r"(?<!\? )(?<![\w.$])[A-Za-z_][\w.$]*\+0x[0-9a-f]+/0x[0-9a-f]+")


def check_splats(case: Case) -> Iterator[Finding]:
    for splat in case.evidence.splats:
        yield Finding(
            "splats",
            verdict_of(splat.kind, splat.fatal),
            Fault.KERNEL,
            splat.title,
            _lines(case.evidence.log_from, splat),
            signature=splat.signature,
        )


def _lines(file: str, splat: Splat) -> tuple[EvidenceLine, ...]:
    """The first line and the stack, where there is one; registers are in the log."""
    stack = [number for number, text in enumerate(splat.lines) if number and _FRAME.search(text)]
    chosen = [0, *stack] if stack else range(len(splat.lines))
    return tuple(
        EvidenceLine(file, splat.line + number, splat.lines[number])
        for number in chosen[:MAX_LINES]
    )


def verdict_of(kind: str, fatal: bool) -> Verdict:
    """A panic is a crash whatever led to it, unless it was a stall."""
    if kind in _STUCK:
        return Verdict.HANG
    if kind in _WRONG and not fatal:
        return Verdict.FAIL
    return Verdict.CRASH
