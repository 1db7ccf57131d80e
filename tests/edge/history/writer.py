# SPDX-License-Identifier: GPL-2.0-only
"""One of several writers: python writer.py URL NUMBER. It opens the history itself, and tells of
attempts that others tell of too, with tests and signatures that nobody has told of yet."""

from __future__ import annotations

import random
import sys

from made_nights import BASE, PATCHED, attempt, night

from orchestrator.edge.history.history import open_history
from orchestrator.model.night import Attempt, CaseRow, CaseStatus, SignatureRow

WRITERS = 6
OWN = 12  # attempts of each writer
SHARED = 8  # attempts that all of them tell of


def attempts(writer: int) -> list[Attempt]:
    """Those one tells of, in an order of its own."""
    names = [f"shared{n}" for n in range(SHARED)] + [f"w{writer}-{n}" for n in range(OWN)]
    dice = random.Random(writer)
    dice.shuffle(names)
    return [_one(name, dice) for name in names]


def _one(name: str, dice: random.Random) -> Attempt:
    tests = [f"s.case{n}" for n in range(40)]
    dice.shuffle(tests)
    signs = [SignatureRow(f"{n:012x}", "WARNING") for n in range(6)]
    dice.shuffle(signs)
    cell = BASE if len(name) % 2 else PATCHED
    cases = tuple(CaseRow(test, CaseStatus.PASS, 0.5) for test in tests)
    return attempt(name, cell=cell, cases=cases, signatures=tuple(signs))


def main() -> int:
    url, writer = sys.argv[1], int(sys.argv[2])
    with open_history(url) as history:
        history.put_night(night(ended_at=""))
        for one in attempts(writer):
            history.put_attempts("N0", (one,))
        history.put_night(night())
    return 0


if __name__ == "__main__":
    sys.exit(main())
