# SPDX-License-Identifier: GPL-2.0-only
"""Memory that was lost while the suites ran, as kmemleak lists it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.model import rundir
from orchestrator.model.evidence import Leak
from orchestrator.model.leaks import allocator, leak_place
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict


def check_leaks(case: Case) -> Iterator[Finding]:
    """One finding for all objects lost at one place by one case."""
    ordered = sorted(case.evidence.leaks, key=_group)
    for _, leaks in groupby(ordered, key=_group):
        yield _finding(list(leaks))


def _group(leak: Leak) -> tuple[object, ...]:
    return leak_place(leak), leak.size, allocator(leak.backtrace), leak.backtrace


def _finding(leaks: list[Leak]) -> Finding:
    first = leaks[0]
    title = f"memory leak in {allocator(first.backtrace)}: {first.size} bytes"
    where = leak_place(first)
    shown = EvidenceLine(
        rundir.LEAKS, first.line, f"{len(leaks)} × {first.size} bytes, allocated in {where}"
    )
    frames = (
        EvidenceLine(rundir.LEAKS, first.line, f"  {name}")
        for name in first.frames or first.backtrace
    )
    return Finding("leaks", Verdict.FAIL, Fault.KERNEL, title, (shown, *frames)[:MAX_LINES])
