# SPDX-License-Identifier: GPL-2.0-only
"""The cases: how each is brought about (a function), and what must come of it (expected.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from product import Seen
from world import World

Act = Callable[[World], Seen]
ACTS: dict[str, Act] = {}


class Skip(Exception):
    """This case cannot be tried here, and why."""


def case(name: str) -> Callable[[Act], Act]:
    """Registers what brings a case about. It returns what the run under the fault came to."""

    def keep(act: Act) -> Act:
        assert name not in ACTS, name
        ACTS[name] = act
        return act

    return keep


@dataclass(frozen=True)
class Expected:
    """A row. verdict: run.json's word, or usage, interrupted, killed. exit: the exit code, of
    which 0 needs a reason (recovers). fault: whose, of the worst finding; "-" if there is none.
    says: part of what is printed. within_s: its deadline. quick: in CI, too."""

    name: str
    what: str
    verdict: str
    exit: int
    fault: str
    within_s: float
    says: str = ""
    recovers: str = ""
    quick: bool = False


def rows(file: Path) -> tuple[Expected, ...]:
    """All rows, in the order of the file. Raises ValueError for a row that proves nothing."""
    table = tomllib.loads(file.read_text())
    found = tuple(Expected(name=name, **row) for name, row in table.items())
    for row in found:
        if (row.verdict == "pass" or row.exit == 0) != bool(row.recovers):
            raise ValueError(f"{row.name}: green needs a reason, and red has none")
    return found


def mismatches(row: Expected, seen: Seen) -> list[str]:
    """In what the run differs from its row; [] if in nothing."""
    asked = (row.verdict, row.exit, row.fault)
    got = (seen.verdict, seen.exit, seen.fault)
    wrong = [] if asked == got else ["{} {} {} expected".format(*asked)]
    if row.says not in seen.told:
        wrong.append(f"it does not say {row.says!r}")
    if "Traceback (most recent call last)" in seen.told:
        wrong.append("a traceback")
    if seen.took_s > row.within_s:
        wrong.append(f"took {seen.took_s:.0f} s, {row.within_s:.0f} s allowed")
    return wrong
