# SPDX-License-Identifier: GPL-2.0-only
"""Nights in few words: a letter a run. P passes, F fails, C crashes, H is a host that fails."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from orchestrator.judge.nights import judge_night
from orchestrator.model.history import NightRuns
from orchestrator.model.night import Attempt, CaseRow, CaseStatus, CellKey, Change, Night
from orchestrator.model.standing import JudgedNight, Quarantine, Standing
from orchestrator.model.verdict import Fault, Verdict

BASE = CellKey("mine", "", "numa", "numa4")
PATCHED = CellKey("mine", "fix", "numa", "numa4")
TODAY = datetime.date(2026, 12, 1)
_FIRST = datetime.datetime(2026, 11, 1, 22, tzinfo=datetime.UTC)
_VERDICTS = {
    "P": Verdict.PASS,
    "F": Verdict.FAIL,
    "C": Verdict.CRASH,
    "I": Verdict.INCOMPLETE,
    "S": Verdict.SKIP,
    "H": Verdict.INFRASTRUCTURE,
}
_CASES = {"P": CaseStatus.PASS, "F": CaseStatus.FAIL, "S": CaseStatus.SKIP}


def moment(number: int, minute: int = 0) -> str:
    """When something of night `number` happened."""
    when = _FIRST + datetime.timedelta(days=number, minutes=minute)
    return when.isoformat(timespec="seconds")


def attempt(number: int, nth: int, letter: str, cell: CellKey = BASE, key: str = "k") -> Attempt:
    """Whose one case, s.one, does what the run does; a crash is told before it."""
    verdict = _VERDICTS[letter]
    status = _CASES.get(letter, CaseStatus.NONE)
    title = {"F": "s.one failed", "C": "BUG: in f", "I": "no end", "H": "no QEMU"}.get(letter, "")
    return Attempt(
        id=f"N{number}-{cell}-{nth}",
        cell=cell,
        number=nth,
        started_at=moment(number, nth),
        verdict=verdict,
        fault=None if letter == "P" else Fault.OURS if letter == "H" else Fault.KERNEL,
        kernel_release="7.1.8",
        tree_key=key,
        host="h",
        run_dir=f"runs/{number}-{nth}",
        wall_s=3.0,
        build_s=None,
        boot_s=2.0,
        headline=title,
        cases=() if letter == "H" else (CaseRow("s.one", status),),
        titles=(title,) if title else (),
    )


def night(
    number: int, cells: Mapping[CellKey, str], key: str = "k", planned: Sequence[CellKey] = ()
) -> NightRuns:
    """One whose cells were run so often. planned: cells besides, left out for want of time."""
    made = tuple(
        attempt(number, nth, letter, cell, key)
        for cell, letters in cells.items()
        for nth, letter in enumerate(letters, start=1)
    )
    every = (*cells, *planned)
    whole = Night(f"N{number}", "m", moment(number), moment(number, 60), every, tuple(planned))
    return NightRuns(whole, made)


def judged(
    *nights: NightRuns, quarantine: Sequence[Quarantine] = (), today: datetime.date = TODAY
) -> JudgedNight:
    """The last of them is tonight."""
    return judge_night(nights[-1], nights[:-1], quarantine, today)


def series(text: str, keys: str = "", cell: CellKey = BASE) -> list[NightRuns]:
    """ "P FP P" → three nights, in the second of which a retry passed. keys: a letter a night."""
    nights = text.split()
    keys = keys or "k" * len(nights)
    return [
        night(n, {cell: "" if letters == "-" else letters}, key=keys[n])
        for n, letters in enumerate(nights)
    ]


def standing(found: JudgedNight, test: str = "", cell: CellKey = BASE) -> Standing | None:
    """Of one test."""
    mine = [each for each in found.standings if (each.cell, each.test) == (cell, test)]
    assert len(mine) <= 1, "told once"
    return mine[0] if mine else None


def change(found: JudgedNight, test: str = "", cell: CellKey = BASE) -> Change:
    """A test that is not listed passes."""
    one = standing(found, test, cell)
    return one.change if one else Change.PASSES


def with_cases(runs: NightRuns, *cases: CaseRow) -> NightRuns:
    """The same, but what the cases of every run said."""
    return replace(runs, attempts=tuple(replace(one, cases=cases) for one in runs.attempts))
