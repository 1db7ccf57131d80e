# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own suites: each that vmlinux has and the glob lets through, with all its cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.judge.built_in import gaps
from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict


def check_built_in(case: Case) -> Iterator[Finding]:
    kunit = case.plan.kunit
    if kunit is None:
        return
    if not kunit.suites:
        title = f"no built-in suite matches {kunit.glob}: nothing was tested"
        yield Finding("built-in", Verdict.SKIP, Fault.TEST, title)
    found, total = gaps(case), len(kunit.suites)
    of = f"of {total} built-in suites"
    if found.silent:
        title = f"{len(found.silent)} {of} left no results: {_short(found.silent)}"
        yield _finding(case, title, Fault.KERNEL, found.silent)
    if found.partly:
        title = f"{len(found.partly)} {of} left not all results: {found.partly[0]}"
        yield _finding(case, title, Fault.KERNEL, found.partly)
    if found.uncalled:
        title = f"built-in suites ran that were not asked for: {_short(found.uncalled)}"
        yield _finding(case, title, Fault.TEST, found.uncalled)


def _short(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


def _finding(case: Case, title: str, fault: Fault, lines: Sequence[str]) -> Finding:
    file = case.evidence.log_from
    shown = tuple(EvidenceLine(file, 0, line) for line in lines[:MAX_LINES])
    return Finding("built-in", Verdict.INCOMPLETE, fault, title, shown)
