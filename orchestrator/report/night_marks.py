# SPDX-License-Identifier: GPL-2.0-only
"""What a CI is told of each test, each cell and the night: the same in every format."""

from __future__ import annotations

from enum import Enum

from orchestrator.model.night_told import Said, ToldCase, ToldCell, ToldNight
from orchestrator.report.night_words import UNKNOWN, cell_words, quarantine_words, standing_words


class Mark(Enum):
    """As JUnit has them. FAILURE: the kernel's. ERROR: nothing is known, since nothing was heard,
    nothing was run, or the host failed. SKIPPED: the test's own skip, a quarantine, a known
    issue, no time, and what the suite has no more."""

    PASS = "pass"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


_CASE = {
    Said.PASS: Mark.PASS,
    Said.FLAKY: Mark.PASS,  # its attempts are told, and the verdict of its cell is a failure
    Said.SKIP: Mark.SKIPPED,
    Said.KNOWN: Mark.SKIPPED,
    Said.GONE: Mark.SKIPPED,
    Said.NO_TIME: Mark.SKIPPED,
    Said.FAIL: Mark.FAILURE,
}
_CELL = {
    Said.PASS: Mark.PASS,
    Said.FLAKY: Mark.FAILURE,
    Said.NO_TIME: Mark.SKIPPED,
    Said.FAIL: Mark.FAILURE,
    # Said.SKIP is none of them: nothing was tested, which a skip would hide.
}


def case_mark(case: ToldCase) -> tuple[Mark, str]:
    """With what there is to say of it, one line, harmless."""
    if case.quarantine:
        return Mark.SKIPPED, quarantine_words(case.quarantine, case.standing)
    return _CASE.get(case.said, Mark.ERROR), _words(case.said, standing_words(case.standing))


def cell_mark(cell: ToldCell) -> tuple[Mark, str]:
    """Of its verdict; the same."""
    if cell.quarantine:
        return Mark.SKIPPED, quarantine_words(cell.quarantine, cell.standing)
    return _CELL.get(cell.said, Mark.ERROR), cell_words(cell)


def night_mark(told: ToldNight) -> tuple[Mark, str]:
    """An error if no cell says anything of a kernel."""
    if told.said_nothing:
        return Mark.ERROR, "nothing is known of any kernel: no cell was run to its end"
    return Mark.PASS, ""


def _words(said: Said, words: str) -> str:
    return words or UNKNOWN.get(said, "" if said is Said.PASS else said.value)
