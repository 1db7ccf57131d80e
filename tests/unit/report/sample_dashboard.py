# SPDX-License-Identifier: GPL-2.0-only
"""Dashboards made by hand, in few words."""

from __future__ import annotations

from typing import Any

from orchestrator.model.dashboard import Dashboard, Past, RunLinks
from orchestrator.model.history import SignatureSeen
from orchestrator.model.night import Attempt, CellKey, Change, Night
from orchestrator.model.standing import JudgedNight, Quarantine, Rate, Slowdown, Standing
from orchestrator.model.verdict import Fault, Verdict

BASE = CellKey("mainline", "", "numa", "numa4")
PATCHED = CellKey("mainline", "fix", "numa", "numa4")
QUARANTINE = Quarantine("s.*", "*", "who@example.org", "reported", "2026-12-31")


def night(number: int, *cells: CellKey, **changes: Any) -> Night:
    """The one of 2026-11-0(number + 1)."""
    day = f"2026-11-{number + 1:02}"
    fields: dict[str, Any] = {
        "id": f"N{number}",
        "matrix": "m",
        "started_at": f"{day}T22:00:00+00:00",
        "ended_at": f"{day}T22:41:00+00:00",
        "cells": cells or (BASE, PATCHED),
    }
    return Night(**(fields | changes))


def attempt(number: int, cell: CellKey = BASE, **changes: Any) -> Attempt:
    """In that night; it passed."""
    fields: dict[str, Any] = {
        "id": f"{number}-{cell}",
        "cell": cell,
        "number": 1,
        "started_at": f"2026-11-{number + 1:02}T22:01:00+00:00",
        "verdict": Verdict.PASS,
        "fault": None,
        "kernel_release": "7.3.4",
        "tree_key": "k",
        "host": "farm0",
        "run_dir": "/runs/x",
        "wall_s": 6.0 + number,
        "build_s": None,
        "boot_s": 2.5,
        "headline": "",
    }
    return Attempt(**(fields | changes))


def dashboard(
    nights: list[list[Attempt]],
    tests: dict[tuple[CellKey, str], str] | None = None,
    standings: tuple[Standing, ...] = (),
    **changes: Any,
) -> Dashboard:
    """nights: the attempts of each, oldest first. tests: as in Past."""
    cells = tuple(dict.fromkeys(one.cell for each in nights for one in each)) or (BASE,)
    told = tuple(night(number, *cells) for number in range(len(nights)))
    tonight = changes.pop("tonight", told[-1])
    fields: dict[str, Any] = {
        "judged": JudgedNight(
            tonight,
            tuple(nights[-1]),
            told[-2] if len(told) > 1 else None,
            standings,
            changes.pop("warnings", ()),
        ),
        "past": Past((*told[:-1], tonight), tuple(tuple(each) for each in nights), tests or {}),
        "signatures": (),
        "runs": {},
        "made_at": "2026-11-09T06:00:00+00:00",
    }
    return Dashboard(**(fields | changes))


def everything(text: str = "") -> Dashboard:
    """Each verdict and each change, in two nights. text: what whoever names things put into all
    that has a name."""
    cells = [
        CellKey(f"tree{n % 2}{text}", f"fix{text}" if n % 3 else "", f"numa{text}", f"t{n}{text}",
                f"bind{text}" if n % 4 == 0 else "")
        for n in range(len(Verdict) + 1)
    ]  # fmt: skip
    tonight = [
        attempt(1, cell, verdict=verdict, headline=f"found{text}", host=f"farm{text}",
                kernel_release=f"7.3{text}", run_dir=f"/runs/{text}", build_s=40.0,
                fault=Fault.OURS if verdict is Verdict.INFRASTRUCTURE else Fault.KERNEL)
        for cell, verdict in zip(cells, Verdict, strict=False)
    ]  # fmt: skip
    name = f"s{text}.case{text}"
    standings = tuple(
        Standing(
            cells[n % len(tonight)],
            name if n % 2 else "",
            change,
            against_base=Change.FIXED if change is Change.PASSES else Change.NEW_FAILURE,
            headline=f"expected{text}",
            since="2026-11-01T22:00:00+00:00",
            rate=Rate(3, 40, 0.026, 0.199) if change is Change.FLAKY else None,
            slow=Slowdown(9.2, 6.1, 1.5, 1.3, 1.7, 0.0004) if change is Change.SLOWER else None,
            quarantine=Quarantine(f"s{text}", "*", f"who{text}", f"why{text}", "2026-12-31")
            if change is Change.QUARANTINED
            else None,
            attempts=(tonight[n % len(tonight)].id,),
        )
        for n, change in enumerate(Change)
    )
    tests = {(cell, f"{name}{n or ''}"): letters for cell in cells
             for n, letters in enumerate(("pf", "fp", "mm", "sn", "h.", "pp"))}  # fmt: skip
    return dashboard(
        [[attempt(0, cell) for cell in cells], tonight],
        tests,
        standings,
        warnings=(f"quarantine.toml:1: over{text}",),
        signatures=(
            SignatureSeen(f"4fd1{text}", f"WARNING in f{text}", "2026-11-01T22:00:00+00:00", "N0",
                          "2026-11-02T22:00:00+00:00", "N1", 3, 2),
        ),
        runs={one.id: RunLinks("./runs/x/", (("dmesg.log", "./runs/x/dmesg.log"),))
              for one in tonight[::2]},
        source=f"history.db{text}",
    )  # fmt: skip
