# SPDX-License-Identifier: GPL-2.0-only
"""What each night says of each cell, and of each test in it: the facts that nights are judged by.

A failure of the host says nothing, so such attempts are not here at all. If the sources of a cell
changed within a night (it was interrupted), it counts as a night for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from msgspec import Struct

from orchestrator.model.history import NightRuns
from orchestrator.model.night import Attempt, CaseStatus, CellKey, Night, utc
from orchestrator.model.verdict import Verdict

CELL = ""  # in place of a test's name: the verdict of the whole run


class Said(Enum):
    """What the attempts of one night come to. MIXED: both passed and failed, on one state of the
    sources. KNOWN: it failed, in a run that passed. NOTHING: not a word was heard."""

    PASSED = "passed"
    FAILED = "failed"
    MIXED = "mixed"
    KNOWN = "known"
    SKIPPED = "skipped"
    NOTHING = "nothing"

    @property
    def red(self) -> bool:
        """Did it fail at least once?"""
        return self in (Said.FAILED, Said.MIXED)

    @property
    def tells(self) -> bool:
        """Did it run, with a result that counts?"""
        return self.red or self is Said.PASSED


class Sight(Struct, frozen=True):
    """One cell in one night on one state of its sources. attempts: all that say something of the
    kernel, oldest first; there is one at least. results: test → what each attempt that names it
    said, oldest first, but for failures that are known issues; CELL is one of the tests. red:
    tests that failed at least once. known: tests with such a failure."""

    night: Night
    sources: str
    attempts: tuple[Attempt, ...]
    results: Mapping[str, tuple[CaseStatus, ...]]
    red: frozenset[str]
    known: frozenset[str] = frozenset()

    def said(self, test: str) -> Said:
        """All attempts together."""
        heard = self.results.get(test, ())
        if CaseStatus.FAIL in heard:
            return Said.MIXED if CaseStatus.PASS in heard else Said.FAILED
        if test in self.known:
            return Said.KNOWN
        if CaseStatus.PASS in heard:
            return Said.PASSED
        return Said.SKIPPED if CaseStatus.SKIP in heard else Said.NOTHING


Sights = Mapping[CellKey, tuple[Sight, ...]]  # of each cell, newest first


def in_order(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Each once by its id, oldest first; the number decides where times are equal."""
    once = {attempt.id: attempt for attempt in attempts}
    return tuple(sorted(once.values(), key=lambda one: (utc(one.started_at), one.number, one.id)))


def newest_first(nights: Iterable[NightRuns]) -> tuple[NightRuns, ...]:
    """Each night once."""
    once = {runs.night.id: runs for runs in nights}
    key = lambda runs: (utc(runs.night.started_at), runs.night.id)  # noqa: E731
    return tuple(sorted(once.values(), key=key, reverse=True))


def sights(nights: Sequence[NightRuns]) -> Sights:
    """Of all cells that were run; nights: newest first."""
    found: dict[CellKey, list[Sight]] = {}
    for runs in nights:
        told: dict[CellKey, list[Attempt]] = {}
        for attempt in in_order(runs.attempts):
            if attempt.verdict is not Verdict.INFRASTRUCTURE:
                told.setdefault(attempt.cell, []).append(attempt)
        for cell, attempts in told.items():
            found.setdefault(cell, []).extend(_of_cell(runs.night, attempts))
    return {cell: tuple(each) for cell, each in found.items()}


def _of_cell(night: Night, attempts: Sequence[Attempt]) -> list[Sight]:
    """One for each state of the sources, the one that was run last first."""
    keys = dict.fromkeys(attempt.tree_key for attempt in reversed(attempts))
    return [_sight(night, key, [one for one in attempts if one.tree_key == key]) for key in keys]


def _sight(night: Night, sources: str, attempts: Sequence[Attempt]) -> Sight:
    results: dict[str, list[CaseStatus]] = {CELL: [_status(one.verdict) for one in attempts]}
    known = frozenset(
        test
        for attempt in attempts
        if attempt.verdict is Verdict.PASS  # then only known issues may fail
        for test in failed(attempt)
    )
    for attempt in attempts:
        for test, status in statuses(attempt).items():
            heard = results.setdefault(test, [])
            if status is not CaseStatus.FAIL or not _excused(attempt, test, known):
                heard.append(status)
    red = frozenset(test for test, said in results.items() if CaseStatus.FAIL in said)
    told = {test: tuple(said) for test, said in results.items()}
    return Sight(night, sources, tuple(attempts), told, red, known)


def _excused(attempt: Attempt, test: str, known: frozenset[str]) -> bool:
    """Is this failure a known issue? Of a run that failed, too, unless it has more to say of the
    test; its titles leave out known issues."""
    return test in known and not any(about(title, test) for title in attempt.titles)


def about(title: str, test: str) -> bool:
    """Does the finding say that this test failed, or one of its parameters?"""
    name = test.removesuffix(".*")
    if not title.startswith(name) or not title.endswith(" failed"):
        return False
    rest = title[len(name) : -len(" failed")]
    return not rest or (rest.startswith(".") and name == test)


def failed(attempt: Attempt) -> list[str]:
    """The tests that did in this run."""
    return [test for test, status in statuses(attempt).items() if status is CaseStatus.FAIL]


def statuses(attempt: Attempt) -> dict[str, CaseStatus]:
    """Test → its result in this run; of two results of one name, the worst."""
    found: dict[str, CaseStatus] = {}
    for case in attempt.cases:
        known = found.get(case.name)
        if known is None or case.status.weight > known.weight:
            found[case.name] = case.status
    found.pop(CELL, None)
    return found


def _status(verdict: Verdict) -> CaseStatus:
    if verdict is Verdict.PASS:
        return CaseStatus.PASS
    return CaseStatus.SKIP if verdict is Verdict.SKIP else CaseStatus.FAIL
