# SPDX-License-Identifier: GPL-2.0-only
"""Memory that was lost while the suites ran, by kmemleak and by the module's account."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.model.evidence import Leak
from orchestrator.model.leaks import allocator, leak_place
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict


def check_leaks(case: Case) -> Iterator[Finding]:
    """One finding for all objects lost at one place by one case, whoever found them."""
    ordered = sorted(case.evidence.leaks, key=_group)
    for _, leaks in groupby(ordered, key=_group):
        yield _finding(list(leaks))


def _group(leak: Leak) -> tuple[str, int, str]:
    return leak_place(leak), leak.size, allocator(leak.backtrace)


def _finding(leaks: list[Leak]) -> Finding:
    first = leaks[0]
    title = f"memory leak in {allocator(first.backtrace)}: {first.size} bytes"
    lines: list[EvidenceLine] = []
    for file in dict.fromkeys(leak.file for leak in leaks):
        found = [leak for leak in leaks if leak.file == file]
        count = sum(leak.count for leak in found)
        said = f"{count} × {first.size} bytes, allocated in {leak_place(first)}"
        lines.append(EvidenceLine(file, found[0].line, said))
        frames = found[0].frames or found[0].backtrace
        lines.extend(EvidenceLine(file, found[0].line, f"  {name}") for name in frames)
    return Finding("leaks", Verdict.FAIL, Fault.KERNEL, title, tuple(lines[:MAX_LINES]))
