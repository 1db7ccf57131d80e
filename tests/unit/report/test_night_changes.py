# SPDX-License-Identifier: GPL-2.0-only
"""What changed, as a person reads it."""

from __future__ import annotations

import io

from msgspec.structs import replace
from rich.console import Console
from sample_results import HOSTILE

from orchestrator.model.night import CellKey, Change, Night
from orchestrator.model.standing import JudgedNight, Quarantine, Rate, Slowdown, Standing
from orchestrator.report.night_changes import night_changes

CELL = CellKey("t", "fix", "numa", "n2")
PART = replace(CELL, suites="create,stop")
NIGHT = Night("id", "m", "2026-11-25T22:00:00+00:00", "", (CELL,))
SINCE = "2026-11-20T22:00:00+00:00"


def text(*standings: Standing, warnings: tuple[str, ...] = ()) -> list[str]:
    before = replace(NIGHT, started_at="2026-11-24T22:00:00+00:00")
    console = Console(file=io.StringIO(), width=200)
    console.print(night_changes(JudgedNight(NIGHT, (), before, standings, warnings)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_each_sort_with_what_belongs_to_it() -> None:
    entry = Quarantine("s.*", "*", "me", "flaky", "2027-01-31")
    lines = text(
        Standing(CELL, "s.new", Change.NEW_FAILURE, Change.NEW_FAILURE, "s.new failed", SINCE),
        Standing(PART, "", Change.STILL_FAILING, Change.STILL_FAILING, "BUG: in f", SINCE),
        Standing(CELL, "s.fl", Change.FLAKY, headline="s.fl failed", rate=Rate(2, 9, 0.06, 0.55)),
        Standing(
            CELL, "s.slow", Change.SLOWER, slow=Slowdown(0.25, 0.1, 2.5, 1.9, 3.1, 0.00002)
        ),
        Standing(CELL, "", Change.NOT_RUN, headline="no time was left for it", since=SINCE),
        Standing(CELL, "s.q", Change.QUARANTINED, headline="s.q failed", quarantine=entry),
        Standing(CELL, "s.ok", Change.FIXED, since=SINCE),
        Standing(CELL, "s.base", Change.PASSES, Change.FIXED),
        warnings=("a warning",),
    )  # fmt: skip
    assert lines == [
        "against the night of 2026-11-24 and those before it",
        "new failure: 1",
        "  t/fix/numa/n2 s.new: failed; not so without the patch",
        "still failing: 1",
        "  t/fix/numa/n2 [create,stop]: BUG: in f; failing since 2026-11-20; "
        "so without the patch too",
        "flaky: 1",
        "  t/fix/numa/n2 s.fl: failed; failed 2 of 9 runs, 6 to 55 %",
        "slower: 1",
        "  t/fix/numa/n2 s.slow: 0.1 s before, 0.25 s now: 2.5 times (1.9 to 3.1), p = 2e-05",
        "not run: 1",
        "  t/fix/numa/n2: no time was left for it; failing since 2026-11-20",
        "quarantined: 1",
        "  t/fix/numa/n2 s.q: failed; until 2027-01-31 (me: flaky)",
        "fixed: 1",
        "  t/fix/numa/n2 s.ok: failed last on 2026-11-20",
        "fails without the patch, passes with it: 1",
        "  t/fix/numa/n2 s.base",
        "warning: a warning",
    ]


def test_a_cell_whose_test_says_the_same_is_told_once() -> None:
    cell = Standing(CELL, "", Change.NEW_FAILURE, headline="s.new failed")
    test = Standing(CELL, "s.new", Change.NEW_FAILURE, headline="s.new failed")
    assert text(cell, test)[1:] == ["new failure: 1", "  t/fix/numa/n2 s.new: failed"]
    other = replace(cell, headline="BUG: in f")
    assert len(text(other, test)) == 4
    assert len(text(replace(cell, change=Change.STILL_FAILING), test)) == 5, "not the same"


def test_nothing_to_tell() -> None:
    assert text(Standing(CELL, "", Change.PASSES))[1:] == [
        "nothing has changed: all that ran passes"
    ]


def test_many_are_counted() -> None:
    rows = [Standing(CELL, f"s.{n}", Change.NEW_FAILURE, headline="x") for n in range(30)]
    lines = text(*rows)
    assert lines[1] == "new failure: 30" and lines[-1] == "  ... and 10 more"


def test_hostile_words_are_harmless() -> None:
    cell = CellKey(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    entry = Quarantine("s.*", "*", HOSTILE, HOSTILE, "2027-01-31")
    one = Standing(cell, HOSTILE, Change.QUARANTINED, headline=HOSTILE, quarantine=entry)
    shown = "".join(text(one, replace(one, change=Change.PASSES, against_base=Change.FIXED),
                         warnings=(HOSTILE,)))  # fmt: skip
    assert not [sign for sign in shown if ord(sign) < 32 or 127 <= ord(sign) < 160]
