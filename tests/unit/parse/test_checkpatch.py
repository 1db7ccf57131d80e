# SPDX-License-Identifier: GPL-2.0-only
"""Rows of checkpatch.pl --terse --showfile --show-types."""

from __future__ import annotations

from orchestrator.model.presubmit import Remark
from orchestrator.parse.checkpatch import checkpatch

PRINTED = """\
kernel/kthread.c:2: ERROR:GLOBAL_INITIALISERS: do not initialise globals to 0
0001-x.patch:7: WARNING:COMMIT_LOG_LONG_LINE: Prefer a maximum 75 chars per line
drivers/a:b.c:12: CHECK: no type, an older script
total: 1 errors, 1 warnings, 0 checks, 9 lines checked
kernel/kthread.c:x: ERROR:NOT_A_ROW: no line
"""


def test_rows() -> None:
    assert checkpatch(PRINTED.splitlines()) == (
        Remark("ERROR", "GLOBAL_INITIALISERS", "kernel/kthread.c", 2,
               "do not initialise globals to 0"),
        Remark("WARNING", "COMMIT_LOG_LONG_LINE", "0001-x.patch", 7,
               "Prefer a maximum 75 chars per line"),
        Remark("CHECK", "", "drivers/a:b.c", 12, "no type, an older script"),
    )  # fmt: skip


def test_nothing_and_noise() -> None:
    assert checkpatch([]) == ()
    assert checkpatch(["\x1b[31mERROR\x1b[0m", ":", ": 1: ERROR"]) == ()
