# SPDX-License-Identifier: GPL-2.0-only
"""A night and the nights before → what it means: docs/history.md has the rules in words."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from orchestrator.judge import night_quarantine
from orchestrator.judge.night_change import against_base, against_before, headline
from orchestrator.judge.night_sights import (
    CELL,
    Said,
    Sight,
    Sights,
    in_order,
    newest_first,
    sights,
)
from orchestrator.judge.night_slow import Key, slower
from orchestrator.model.history import NightRuns
from orchestrator.model.night import CellKey, Change
from orchestrator.model.night_run import settled
from orchestrator.model.standing import JudgedNight, Quarantine, Slowdown, Standing
from orchestrator.model.verdict import Verdict, worst

# Worst first.
ORDER = (
    Change.NEW_FAILURE,
    Change.STILL_FAILING,
    Change.FLAKY,
    Change.SLOWER,
    Change.NOT_RUN,
    Change.QUARANTINED,
    Change.KNOWN,
    Change.FIXED,
    Change.PASSES,
)
_RANK = {change: number for number, change in enumerate(ORDER)}


def judge_night(
    tonight: NightRuns,
    before: Sequence[NightRuns],
    quarantine: Sequence[Quarantine],
    today: datetime.date,
) -> JudgedNight:
    """Every cell's verdict, and every test that does not simply pass, worst first.

    before: of the same matrix, in any order. today: decides which entries of the quarantine hold.
    """
    earlier = [runs for runs in newest_first(before) if runs.night.id != tonight.night.id]
    attempts = in_order(tonight.attempts)
    tonight = replace(tonight, attempts=attempts)
    judge = _Judge(tonight, sights([tonight, *earlier]), quarantine, today)
    cells = tuple(dict.fromkeys((*tonight.night.cells, *(one.cell for one in attempts))))
    found = [standing for cell in cells for standing in judge.cell(cell)]
    place = {cell: number for number, cell in enumerate(cells)}

    def rank(standing: Standing) -> tuple[object, ...]:
        base = standing.against_base is not Change.NEW_FAILURE
        return _RANK[standing.change], base, place[standing.cell], standing.test

    return JudgedNight(
        night=tonight.night,
        attempts=attempts,
        previous=earlier[0].night if earlier else None,
        standings=tuple(sorted(found, key=rank)),
        warnings=(
            *(() if tonight.night.ended_at else ("the night has not come to its end",)),
            *night_quarantine.warnings(quarantine, today, cells, judge.sights),
        ),
    )


def night_verdict(judged: JudgedNight) -> Verdict:
    """Of all kernels of the night, what is in quarantine apart: the worst, else INFRASTRUCTURE if
    a cell has nothing else to say, else INCOMPLETE if nothing was heard of one that should have
    run, else PASS if anything ran. Cells left out for want of time don't count."""
    verdicts, lost = [], False
    made = judged.verdicts  # on whatever sources: what was red tonight stays red
    for standing in judged.standings:
        if standing.test != CELL:
            continue
        if standing.change is Change.QUARANTINED:
            verdicts.append(Verdict.PASS)
        elif standing.cell in made:
            verdicts.append(settled(made[standing.cell]))
        else:
            lost = lost or standing.cell not in judged.night.not_run
    said = settled(tuple(verdicts))
    if said in (Verdict.PASS, Verdict.SKIP) and Verdict.INFRASTRUCTURE in verdicts:
        return Verdict.INFRASTRUCTURE
    if lost and said is not Verdict.INFRASTRUCTURE:
        return worst((said, Verdict.INCOMPLETE))
    return said


@dataclass
class _Judge:
    tonight: NightRuns
    sights: Sights
    quarantine: Sequence[Quarantine]
    today: datetime.date

    def __post_init__(self) -> None:
        self.slow = slower(self.sights, self.tonight.night.id)
        entries, attempts = self.quarantine, self.tonight.attempts
        self.holding = [one for one in entries if night_quarantine.holds(one, self.today)]
        self.names = {one.id: {case.name for case in one.cases} for one in attempts}

    def cell(self, cell: CellKey) -> Iterator[Standing]:
        """Its verdict first, then its tests."""
        mine = self.sights.get(cell, ())
        sight = self._tonight(cell)
        if sight is None:
            yield self._unheard(cell, mine)
            return
        yield self._standing(cell, CELL, mine)
        for test in self._tests(mine):
            standing = self._standing(cell, test, mine)
            plain = standing.change is Change.PASSES
            if not plain or standing.against_base not in (None, Change.PASSES):
                yield standing

    def _tonight(self, cell: CellKey) -> Sight | None:
        mine = self.sights.get(cell)
        return mine[0] if mine and mine[0].night.id == self.tonight.night.id else None

    def _unheard(self, cell: CellKey, before: Sequence[Sight]) -> Standing:
        """Nothing is known of the kernel tonight."""
        made = [one for one in self.tonight.attempts if one.cell == cell]
        if made:
            why = made[-1].headline or made[-1].verdict.value
        elif cell in self.tonight.night.not_run:
            why = "no time was left for it"
        else:
            why = "nothing was heard of it"
        last = next((one for one in before if one.said(CELL).tells), None)
        since = against_before(CELL, [_silent(last), *before]).since if last else ""
        ids = tuple(one.id for one in made)
        return Standing(cell, CELL, Change.NOT_RUN, headline=why, since=since, attempts=ids)

    def _tests(self, mine: Sequence[Sight]) -> Iterator[str]:
        """Those of tonight, and those of the last night that are missing; of what was skipped,
        only what ran once."""
        tonight = mine[0]
        for test in tonight.results:
            said = tonight.said(test)
            ran = said is not Said.SKIPPED or any(one.said(test).tells for one in mine[1:])
            if test != CELL and ran:
                yield test
        booted = len(tonight.results) > 1
        last = next((one for one in mine[1:] if len(one.results) > 1), None)
        for test in last.results if last and booted else ():
            if test not in tonight.results and last and last.said(test) is not Said.SKIPPED:
                yield test

    def _standing(self, cell: CellKey, test: str, mine: Sequence[Sight]) -> Standing:
        sight = mine[0]
        changed = against_before(test, mine)
        change, slow, entry = changed.change, self._slow(changed.change, (cell, test)), None
        if slow:
            change = Change.SLOWER
        if sight.said(test).red:
            entry = self._covering(cell, test, sight)
            change = Change.QUARANTINED if entry else change
        here = test in sight.results
        named = [one.id for one in sight.attempts if not test or test in self.names[one.id]]
        return Standing(
            cell=cell,
            test=test,
            change=change,
            against_base=self._against_base(cell, test, sight),
            headline=headline(test, sight) if here else "not in tonight's run",
            since=changed.since,
            rate=changed.rate,
            slow=slow,
            quarantine=entry,
            attempts=tuple(named),
        )

    def _slow(self, change: Change, key: Key) -> Slowdown | None:
        return self.slow.get(key) if change is Change.PASSES else None

    def _covering(self, cell: CellKey, test: str, sight: Sight) -> Quarantine | None:
        if test == CELL:
            return night_quarantine.covering_cell(self.holding, sight)
        return night_quarantine.covering(self.holding, cell, test)

    def _against_base(self, cell: CellKey, test: str, sight: Sight) -> Change | None:
        if not cell.patch:
            return None
        base_cell = replace(cell, patch="")
        base = self._tonight(base_cell)
        if base is None:
            return None
        flaky = against_before(test, self.sights[base_cell]).change is Change.FLAKY
        return against_base(test, sight, base, flaky)


def _silent(last: Sight) -> Sight:
    """A night of which nothing is known."""
    return replace(last, attempts=(), results={}, red=frozenset())
