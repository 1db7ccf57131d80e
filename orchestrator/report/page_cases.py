# SPDX-License-Identifier: GPL-2.0-only
"""Cases of a run, each with its result and how long it took, the bad ones told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.report.trace_threads import CaseTime

MOST_SUITES = 300
MOST_CASES = 3000
MOST_SAID = 30  # lines of one case
MOST_SAID_IN_ALL = 800
WORDS = {
    TestResult.PASSED: "ok",
    TestResult.FAILED: "FAILED",
    TestResult.SKIPPED: "skipped",
    TestResult.CRASHED: "NO RESULT",
}
_BAD = (TestResult.FAILED, TestResult.CRASHED)


class CaseRow(Struct, frozen=True):
    """path: without the suite's name. took_s: None if the trace does not tell. said: what the case
    printed; more_said: lines that are left out."""

    path: str
    word: str
    bad: bool
    took_s: float | None
    said: tuple[str, ...]
    more_said: int


class SuiteCases(Struct, frozen=True):
    """All cases of one suite. shown: those on the page. bad: how many failed or left no result."""

    name: str
    shown: tuple[CaseRow, ...]
    left_out: int
    bad: int
    took_s: float


def suites_shown(tests: Sequence[KtapTest], times: Sequence[CaseTime]) -> list[SuiteCases]:
    """In the order of the results, MOST_SUITES at most; bad ones are never left out for good ones,
    neither suites nor cases."""
    took = {one.path: one.end_s - one.start_s for one in times if one.end_s is not None}
    bad_first = sorted(range(len(tests)), key=lambda number: tests[number].result not in _BAD)
    chosen = [tests[number] for number in sorted(bad_first[:MOST_SUITES])]
    rows = [
        [_row(path, leaf, took.get(f"{test.name}.{path}")) for path, leaf in _leaves(test)]
        for test in chosen
    ]
    all_bad = sum(row.bad for each in rows for row in each)
    room = _Room(bad=MOST_CASES, good=max(0, MOST_CASES - all_bad), said=MOST_SAID_IN_ALL)
    return [_suite(test.name, each, room) for test, each in zip(chosen, rows, strict=True)]


@dataclass
class _Room:
    """How many cases of each sort, and lines that they printed, may still be shown."""

    bad: int
    good: int
    said: int


def _suite(name: str, rows: Sequence[CaseRow], room: _Room) -> SuiteCases:
    bad = [row for row in rows if row.bad]
    good = [row for row in rows if not row.bad]
    shown = [*bad[: room.bad], *good[: room.good]]
    room.bad -= min(room.bad, len(bad))
    room.good -= min(room.good, len(good))
    for number, row in enumerate(shown):
        kept = row.said[: room.said]
        room.said -= len(kept)
        lost = len(row.said) - len(kept)
        shown[number] = replace(row, said=kept, more_said=row.more_said + lost)
    spent = sum(row.took_s or 0.0 for row in rows)
    return SuiteCases(name, tuple(shown), len(rows) - len(shown), len(bad), spent)


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
