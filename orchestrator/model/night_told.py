# SPDX-License-Identifier: GPL-2.0-only
"""A judged night, told cell by cell: what every format that it is given out in says the same of."""

from __future__ import annotations

from collections import defaultdict
from enum import Enum

from msgspec import Struct, field

from orchestrator.model.night import Attempt, CaseRow, CaseStatus, CellKey, Change
from orchestrator.model.night_run import settled
from orchestrator.model.standing import JudgedNight, Quarantine, Standing
from orchestrator.model.verdict import Finding, Verdict


class Said(Enum):
    """What tonight's attempts say of one test, or of a cell. Only PASS is green.

    KNOWN: it failed, as a known issue. FLAKY: it passed in one attempt and
    failed in another. MISSING: it was begun or planned, and nothing was heard. GONE: the night
    before had it. NOT_RUN: no attempt was made. NO_TIME: the same, since the night's time was up.
    HOST: every attempt was the host's failure, so that nothing is known.
    """

    PASS = "pass"
    SKIP = "skip"
    KNOWN = "known"
    FAIL = "fail"
    FLAKY = "flaky"
    MISSING = "missing"
    GONE = "gone"
    NOT_RUN = "not run"
    NO_TIME = "no time"
    HOST = "host"


RED = frozenset({Said.FAIL, Said.FLAKY, Said.MISSING, Said.NOT_RUN, Said.HOST})


class ToldCase(Struct, frozen=True):
    """One test of one cell. rows: (attempt, its row), oldest first, without attempts in which the
    host failed. standing: None for one that simply passes. quarantine: because of which its
    failure does not count."""

    name: str
    said: Said
    rows: tuple[tuple[Attempt, CaseRow], ...] = ()
    standing: Standing | None = None
    quarantine: Quarantine | None = None


class ToldCell(Struct, frozen=True):
    """One cell. verdict: None if it was not run. cases: in the order of the log. quarantine: the
    same."""

    cell: CellKey
    said: Said
    verdict: Verdict | None
    attempts: tuple[Attempt, ...] = ()
    cases: tuple[ToldCase, ...] = ()
    standing: Standing | None = None
    quarantine: Quarantine | None = None

    @property
    def name(self) -> str:
        """With its suites, if it has not all of them: two cells never share one."""
        return f"{self.cell} {self.cell.suites}" if self.cell.suites else str(self.cell)


class Proof(Struct, frozen=True):
    """What the directory of a run tells of it, if it is still there. command: of the night.
    replay: the script that boots its machine again, "" if there is none."""

    findings: tuple[Finding, ...] = ()
    command: tuple[str, ...] = ()
    replay: str = ""


class ToldNight(Struct, frozen=True):
    """What is rendered. before: the night before, as it was judged; None: there is none. proofs:
    by id of the attempt."""

    judged: JudgedNight
    cells: tuple[ToldCell, ...]
    before: JudgedNight | None = None
    proofs: dict[str, Proof] = field(default_factory=dict)

    @property
    def releases(self) -> tuple[str, ...]:
        """Of all kernels that were tried, in order."""
        found = (attempt.kernel_release for attempt in self.judged.attempts)
        return tuple(sorted({release for release in found if release}))

    @property
    def said_nothing(self) -> bool:
        """Was not one kernel tried, for whatever reason?"""
        nothing = {Said.HOST, Said.NOT_RUN, Said.NO_TIME}
        return all(each.said in nothing for each in self.cells)

    @property
    def green(self) -> bool:
        """Is nothing red that counts, and was anything tried?"""
        bad = any(_counts(each) for each in self.cells)
        return not bad and not self.said_nothing


def _counts(told: ToldCell) -> bool:
    own = told.said in RED or told.said is Said.SKIP  # all skipped: nothing was tested
    cases = any(case.said in RED and not case.quarantine for case in told.cases)
    return (own and not told.quarantine) or cases


def tell(
    judged: JudgedNight, before: JudgedNight | None = None, proofs: dict[str, Proof] | None = None
) -> ToldNight:
    """All cells of the matrix, run or not, in its order; then cells that only attempts name."""
    attempts: dict[CellKey, list[Attempt]] = defaultdict(list)
    for attempt in judged.attempts:
        attempts[attempt.cell].append(attempt)
    standings: dict[CellKey, list[Standing]] = defaultdict(list)
    for standing in judged.standings:
        standings[standing.cell].append(standing)
    no_time = set(judged.night.not_run)
    cells = tuple(
        _cell(cell, tuple(attempts[cell]), standings[cell], cell in no_time)
        for cell in dict.fromkeys((*judged.night.cells, *attempts, *standings))
    )
    return ToldNight(judged, cells, before, proofs or {})


def _cell(
    cell: CellKey, attempts: tuple[Attempt, ...], standings: list[Standing], no_time: bool
) -> ToldCell:
    by_test = {standing.test: standing for standing in standings}
    own = by_test.pop("", None)
    verdict = settled(tuple(attempt.verdict for attempt in attempts)) if attempts else None
    telling = [each for each in attempts if each.verdict is not Verdict.INFRASTRUCTURE]
    absent = Said.HOST if attempts else Said.NO_TIME if no_time else Said.NOT_RUN
    rows: dict[str, list[tuple[Attempt, CaseRow]]] = defaultdict(list)
    for attempt in telling:
        for row in attempt.cases:
            rows[row.name].append((attempt, row))
    for test in by_test:
        rows.setdefault(test, [])
    said = _verdict(verdict, {each.verdict for each in telling}, absent)
    held = _covering(said, own)
    cases = []
    for test, found in rows.items():
        standing = by_test.get(test)
        excused = standing is not None and standing.change is Change.KNOWN
        case = Said.KNOWN if excused else _case(found, absent, bool(telling))
        # Who answers for a crash answers for what it silenced, too.
        entry = _covering(case, standing) or (held if case in RED else None)
        cases.append(ToldCase(test, case, tuple(found), standing, entry))
    return ToldCell(cell, said, verdict, attempts, tuple(cases), own, held)


def _case(rows: list[tuple[Attempt, CaseRow]], absent: Said, heard: bool) -> Said:
    """heard: an attempt told something, though perhaps not of this test."""
    said = {row.status for attempt, row in rows if not _known(attempt, row)}
    if not rows:
        return Said.GONE if heard else absent
    if CaseStatus.FAIL in said:
        return Said.FLAKY if CaseStatus.PASS in said else Said.FAIL
    if any(_known(attempt, row) for attempt, row in rows):
        return Said.KNOWN
    for status, words in ((CaseStatus.PASS, Said.PASS), (CaseStatus.NONE, Said.MISSING)):
        if status in said:
            return words
    return Said.SKIP


def _known(attempt: Attempt, row: CaseRow) -> bool:
    """Only known issues may fail in a run that passed."""
    return row.status is CaseStatus.FAIL and attempt.verdict is Verdict.PASS


def _verdict(verdict: Verdict | None, told: set[Verdict], absent: Said) -> Said:
    if not told:
        return absent
    if Verdict.PASS in told and len(told) > 1:
        return Said.FLAKY
    same = {Verdict.PASS: Said.PASS, Verdict.SKIP: Said.SKIP, Verdict.INCOMPLETE: Said.MISSING}
    return same.get(verdict or Verdict.INCOMPLETE, Said.FAIL)


def _covering(said: Said, standing: Standing | None) -> Quarantine | None:
    return standing.quarantine if standing and said in RED else None
