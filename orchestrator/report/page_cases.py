# SPDX-License-Identifier: GPL-2.0-only
"""Cases of a run, each with its result and how long it took, the bad ones told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.report.trace_threads import CaseTime

MOST_CASES = 3000
MOST_SAID = 30  # lines of one case
WORDS = {
    TestResult.PASSED: "ok",
    TestResult.FAILED: "FAILED",
    TestResult.SKIPPED: "skipped",
    TestResult.CRASHED: "NO RESULT",
}
_BAD = (TestResult.FAILED, TestResult.CRASHED)


@dataclass(frozen=True)
class CaseRow:
    """path: without the suite's name. took_s: None if the trace does not tell. said: what the case
    printed; more_said: lines that are left out."""

    path: str
    word: str
    bad: bool
    took_s: float | None
    said: tuple[str, ...]
    more_said: int


@dataclass(frozen=True)
class SuiteCases:
    """All cases of one suite. shown: those on the page. bad: how many failed or left no result."""

    name: str
    shown: tuple[CaseRow, ...]
    left_out: int
    bad: int
    took_s: float


def suites_shown(tests: Sequence[KtapTest], times: Sequence[CaseTime]) -> list[SuiteCases]:
    """In the order of the results; bad cases are never left out for good ones."""
    took = {one.path: one.end_s - one.start_s for one in times if one.end_s is not None}
    room = MOST_CASES
    found: list[SuiteCases] = []
    for test in tests:
        rows = [_row(path, leaf, took.get(f"{test.name}.{path}")) for path, leaf in _leaves(test)]
        rows.sort(key=lambda row: not row.bad)
        shown = rows[:room]
        room -= len(shown)
        bad = sum(row.bad for row in rows)
        spent = sum(row.took_s or 0.0 for row in rows)
        found.append(SuiteCases(test.name, tuple(shown), len(rows) - len(shown), bad, spent))
    return found


def _leaves(test: KtapTest, above: str = "") -> Iterator[tuple[str, KtapTest]]:
    """(path below the suite, test); a group that failed by itself is one, too."""
    if not test.children:
        yield above or test.name, test
    for child in test.children:
        yield from _leaves(child, f"{above}.{child.name}" if above else child.name)
    if test.children and test.result in _BAD and not any(c.result in _BAD for c in test.children):
        yield above or "(the suite itself)", test


def _row(path: str, test: KtapTest, took_s: float | None) -> CaseRow:
    said = test.diagnostics if test.result in _BAD else ()
    if test.result is TestResult.SKIPPED and test.directive:
        said = (test.directive,)
    more = max(0, len(said) - MOST_SAID)
    return CaseRow(
        path, WORDS[test.result], test.result in _BAD, took_s, tuple(said[:MOST_SAID]), more
    )
