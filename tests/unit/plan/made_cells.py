# SPDX-License-Identifier: GPL-2.0-only
"""Cells and attempts at them, in few words."""

from __future__ import annotations

import itertools

from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.verdict import Verdict

_NUMBER = itertools.count()


def cell(text: str) -> CellKey:
    """ "mine/fix/numa/numa4" or, with suites, "mine/-/numa/numa4/create"."""
    parts = ["" if part == "-" else part for part in text.split("/")]
    return CellKey(*parts)


def attempt(
    of: CellKey,
    verdict: Verdict = Verdict.PASS,
    *,
    day: int = 1,
    number: int = 1,
    sources: str = "tree",
    wall_s: float = 5.0,
    build_s: float | None = None,
    boot_s: float | None = 4.0,
) -> Attempt:
    """Of the night of that day of November."""
    return Attempt(
        id=f"id-{next(_NUMBER)}",
        cell=of,
        number=number,
        started_at=f"2026-11-{day:02}T22:00:00+00:00",
        verdict=verdict,
        fault=None,
        kernel_release="7.1.8",
        tree_key=sources,
        host="host",
        run_dir="/runs/1",
        wall_s=wall_s,
        build_s=build_s,
        boot_s=boot_s,
        headline="",
    )
