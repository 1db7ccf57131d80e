# SPDX-License-Identifier: GPL-2.0-only
"""Judged nights by hand: one of each change, and one whose every name is hostile."""

from __future__ import annotations

from typing import Any

from orchestrator.model.night import (
    Attempt,
    CaseRow,
    CaseStatus,
    CellKey,
    Change,
    Night,
    SignatureRow,
)
from orchestrator.model.night_told import ToldNight, tell
from orchestrator.model.standing import JudgedNight, Quarantine, Rate, Slowdown, Standing
from orchestrator.model.verdict import Fault, Verdict

PASS, FAIL, SKIP, NONE = CaseStatus.PASS, CaseStatus.FAIL, CaseStatus.SKIP, CaseStatus.NONE
BASE = CellKey("mine", "", "numa", "numa4")
FIX = CellKey("mine", "fix", "numa", "numa4")
OTHER = CellKey("mine", "fix", "numa", "memoryless", "orch_create")
CELLS = (BASE, FIX, OTHER)
TONIGHT, BEFORE = "2026-11-25T22:00:00+00:00", "2026-11-24T22:00:00+00:00"
HOSTILE = (
    "x\x1b[31m[bold]<a href='j'>&]]>\"\r\nBcc: all@example.org\n\nnot ok 1 - # TODO\u2028"
    "\n.\nok 2 # SKIP \u202e\x00\x85 <!channel> 'quoted' \\ 日本語\ud800"
)
QUARANTINE = Quarantine("s.*", "*", "who@example.org", "reported, fix queued", "2027-01-31", 4)


def night(name: str = "night-2", **changes: Any) -> Night:
    fields: dict[str, Any] = {
        "id": name, "matrix": "kthreads", "started_at": TONIGHT,
        "ended_at": "2026-11-25T23:10:00+00:00", "cells": CELLS, "not_run": (),
    }  # fmt: skip
    return Night(**(fields | changes))


PREVIOUS = night("night-1", started_at=BEFORE, ended_at="2026-11-24T23:00:00+00:00")


def attempt(cell: CellKey, number: int = 1, **changes: Any) -> Attempt:
    """One that passed, with two cases."""
    fields: dict[str, Any] = {
        "id": f"{cell}-{cell.suites}-{number}", "cell": cell, "number": number,
        "started_at": "2026-11-25T22:05:00+00:00", "verdict": Verdict.PASS, "fault": None,
        "kernel_release": "7.3.4", "tree_key": "0123abc", "host": "farm1",
        "run_dir": f"/runs/night/{number}", "wall_s": 3.25, "build_s": None, "boot_s": 2.5,
        "headline": "", "cases": (CaseRow("s.one", PASS, 0.125), CaseRow("s.two", PASS)),
    }  # fmt: skip
    return Attempt(**(fields | changes))


def red(cell: CellKey, number: int = 1, **changes: Any) -> Attempt:
    """One that failed, and warned."""
    fields: dict[str, Any] = {
        "verdict": Verdict.FAIL, "fault": Fault.KERNEL, "headline": "s.one failed",
        "cases": (CaseRow("s.one", FAIL, 0.5), CaseRow("s.two", PASS)),
        "titles": ("s.one failed",),
    }  # fmt: skip
    return attempt(cell, number, **(fields | changes))


def crash(cell: CellKey, number: int = 1, **changes: Any) -> Attempt:
    """One that crashed in its first case."""
    fields: dict[str, Any] = {
        "verdict": Verdict.CRASH, "fault": Fault.KERNEL, "headline": "BUG: bad page in f",
        "cases": (CaseRow("s.one", NONE), CaseRow("s.two", NONE)),
        "signatures": (SignatureRow("0123456789ab", "BUG: bad page in f"),),
        "titles": ("BUG: bad page in f",),
    }  # fmt: skip
    return attempt(cell, number, **(fields | changes))


def host(cell: CellKey, number: int = 1, **changes: Any) -> Attempt:
    """One in which the host failed, after a case had passed."""
    fields: dict[str, Any] = {
        "verdict": Verdict.INFRASTRUCTURE, "fault": Fault.OURS, "boot_s": None,
        "headline": "QEMU did not start", "cases": (CaseRow("s.one", PASS), CaseRow("s.two", NONE)),
    }  # fmt: skip
    return attempt(cell, number, **(fields | changes))


def standing(cell: CellKey, change: Change, test: str = "", **changes: Any) -> Standing:
    return Standing(cell, test, change, **changes)


def judged(
    attempts: tuple[Attempt, ...] = (), standings: tuple[Standing, ...] = (), **changes: Any
) -> JudgedNight:
    """Cells without a standing of their own pass."""
    given = {each.cell for each in standings if not each.test}
    own = changes.pop("night", night())
    calm = tuple(standing(cell, Change.PASSES) for cell in own.cells if cell not in given)
    fields: dict[str, Any] = {
        "night": own, "attempts": attempts, "previous": PREVIOUS, "standings": standings + calm,
    }  # fmt: skip
    return JudgedNight(**(fields | changes))


def green() -> JudgedNight:
    return judged(tuple(attempt(cell) for cell in CELLS))


def new_failure(change: Change = Change.NEW_FAILURE, **changes: Any) -> JudgedNight:
    """s.one fails in a cell, twice; the other cells pass."""
    runs = (attempt(BASE), red(FIX), red(FIX, 2), attempt(OTHER))
    both = (
        standing(FIX, change, headline="s.one failed", **changes),
        standing(FIX, change, "s.one", headline="s.one failed", **changes),
    )
    return judged(runs, both)


def all_sorts() -> JudgedNight:
    """Every change, one cell each, and a cell that had no time."""
    cells = {
        change: CellKey("t", change.value.replace(" ", "-"), "numa", "numa4") for change in Change
    }
    bad = (Change.NEW_FAILURE, Change.STILL_FAILING, Change.QUARANTINED)
    runs: list[Attempt] = []
    told: list[Standing] = []
    for change, cell in cells.items():
        extra: dict[str, Any] = {"since": BEFORE, "headline": f"{change.value} it"}
        if change in bad:
            runs += [red(cell), red(cell, 2)]
        elif change is Change.FLAKY:
            runs += [red(cell), attempt(cell, 2)]
            extra["rate"] = Rate(3, 20, 0.0524, 0.3604)
        elif change is Change.NOT_RUN:
            runs += [host(cell), host(cell, 2)]
        else:
            runs.append(attempt(cell))
        if change is Change.SLOWER:
            extra["slow"] = Slowdown(1.52, 0.76, 2.0, 1.8, 2.3, 0.001)
        if change is Change.QUARANTINED:
            extra["quarantine"] = QUARANTINE
        if change is not Change.PASSES:
            told.append(standing(cell, change, "s.one", **extra))
        passes = change in (Change.SLOWER, Change.PASSES)
        told.append(standing(cell, Change.PASSES) if passes else standing(cell, change, **extra))
    late = CellKey("t", "late", "numa", "numa4")
    told.append(standing(late, Change.NOT_RUN))
    all_cells = (*cells.values(), late)
    return JudgedNight(
        night=night(cells=all_cells, not_run=(late,)),
        attempts=tuple(runs),
        previous=PREVIOUS,
        standings=tuple(told),
        warnings=("quarantine.toml:4: the entry is over since 2026-11-20",),
    )


def hostile() -> JudgedNight:
    """Every name and text is HOSTILE."""
    cell = CellKey(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    held = CellKey(HOSTILE, "", HOSTILE, HOSTILE, HOSTILE)
    rows = (CaseRow(HOSTILE, FAIL), CaseRow("# s", SKIP), CaseRow("- s. ", PASS), CaseRow("", NONE))
    texts: dict[str, Any] = {
        "headline": HOSTILE, "host": HOSTILE, "run_dir": HOSTILE, "tree_key": HOSTILE,
        "kernel_release": HOSTILE, "titles": (HOSTILE, HOSTILE), "cases": rows,
        "signatures": (SignatureRow(HOSTILE, HOSTILE),),
    }  # fmt: skip
    entry = Quarantine(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    runs = (red(cell, id=HOSTILE, **texts), red(cell, 2, id=HOSTILE + "2", **texts))
    runs = (*runs, red(held, id=HOSTILE + "3", **texts))
    told = (
        standing(cell, Change.NEW_FAILURE, headline=HOSTILE, since=HOSTILE),
        standing(cell, Change.NEW_FAILURE, HOSTILE, headline=HOSTILE),
        standing(held, Change.QUARANTINED, headline=HOSTILE, quarantine=entry),
        standing(held, Change.QUARANTINED, HOSTILE, headline=HOSTILE, quarantine=entry),
    )
    return JudgedNight(
        night=night(HOSTILE, matrix=HOSTILE, cells=(cell, held)),
        attempts=runs,
        previous=PREVIOUS,
        standings=told,
        warnings=(HOSTILE,),
    )


def empty() -> JudgedNight:
    """Interrupted before anything was run."""
    told = tuple(standing(cell, Change.NOT_RUN) for cell in CELLS)
    return judged((), told, night=night(ended_at=""))


def nights() -> dict[str, ToldNight]:
    """One of each sort, told."""
    found = {
        "green": green(), "new": new_failure(), "sorts": all_sorts(), "hostile": hostile(),
        "still": new_failure(Change.STILL_FAILING, since=BEFORE), "empty": empty(),
        "hosts": judged(tuple(host(cell) for cell in CELLS)),
    }  # fmt: skip
    return {name: tell(each) for name, each in found.items()}
