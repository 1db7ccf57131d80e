# SPDX-License-Identifier: GPL-2.0-only
"""What the dashboard shows: a judged night, the nights before it in short, where runs lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec import Struct

from orchestrator.model.history import SignatureSeen
from orchestrator.model.night import Attempt, CellKey, Night
from orchestrator.model.standing import JudgedNight


class Mark(Enum):
    """What one night said of a test, or of a cell, in a letter: a history is a string of them.

    MIXED: it passed in the same night, and did not. KNOWN: it failed in a run that passed, as only
    what is proven to be a known issue can. NOTHING: planned, and nothing was heard of it,
    or the run was incomplete. HOST: the host failed, which says nothing of the kernel.
    """

    PASS = "p"
    FAIL = "f"
    MIXED = "m"
    KNOWN = "k"
    SKIP = "s"
    NOTHING = "n"
    HOST = "h"
    NOT_RUN = "."


def mixed(marks: Iterable[Mark]) -> Mark:
    """What the runs of one night say together. A pass does not undo a failure, nor does a known
    issue: a failure beside it counts."""
    said = set(marks)
    if Mark.MIXED in said or (Mark.PASS in said and said & {Mark.FAIL, Mark.NOTHING}):
        return Mark.MIXED
    order = (Mark.FAIL, Mark.NOTHING, Mark.KNOWN, Mark.PASS, Mark.SKIP, Mark.HOST)
    return next((mark for mark in order if mark in said), Mark.NOT_RUN)


class Past(Struct, frozen=True):
    """The nights of a matrix, oldest first, tonight last; without their cells.

    attempts: of each night, in the order they began, without cases, signatures and titles.
    tests: (cell, test) → the letters of its marks, one a night.
    """

    nights: tuple[Night, ...]
    attempts: tuple[tuple[Attempt, ...], ...]
    tests: Mapping[tuple[CellKey, str], str]


class RunLinks(Struct, frozen=True):
    """Where a page finds a run: addresses of the folder and of the run's own page, "" if it has
    none, and (name, address) of its logs."""

    folder: str
    files: tuple[tuple[str, str], ...] = ()
    page: str = ""


class Dashboard(Struct, frozen=True):
    """All that is shown. runs: an attempt's id → its links; none if its folder is gone.
    made_at: ISO 8601. source: which history it was made from, for the foot of a page."""

    judged: JudgedNight
    past: Past
    signatures: tuple[SignatureSeen, ...]
    runs: Mapping[str, RunLinks]
    made_at: str
    source: str = ""
