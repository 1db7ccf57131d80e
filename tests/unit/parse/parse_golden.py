# SPDX-License-Identifier: GPL-2.0-only
"""Golden logs of tests/golden/parse, and the prefixes any kernel log may come with."""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings

# The machine may be busy with kernel builds: no time limit on one example.
RELAXED = settings(deadline=None, max_examples=60)

GOLDEN = Path(__file__).parents[2] / "golden" / "parse"

PREFIXES = (
    "",
    "[   12.345678] ",
    "[   12.345678][    T1] ",
    "[   12.345678] [   C0] ",
    "[    T1] ",
    "<6>",
    "<12>[ 1234.345678] ",
    "Nov 23 12:00:00 host kernel: ",
    "Nov  3 12:00:00 host kernel: [   12.345678] ",
    "2026-11-23T12:00:00.123456+00:00 host kernel: ",
    "kern  :info  : [   12.345678] ",
    "[Mon Nov 23 12:00:00 2026] ",
    "kern  :warn  : [Mon Nov 23 12:00:00 2026] ",
    "[   12.345678 <    0.000012>] ",
    "[Nov23 12:00] ",
    "[  +0.000012] ",
    "[<    0.000012>] ",
    "2026-11-23T12:00:00,123456+00:00 ",
    "Mon 2026-11-23 12:00:00 UTC host kernel: ",
    "1795435200.123456 host kernel: ",
    "[   12.345678] host kernel: ",
    "<6>1 2026-11-23T12:00:00Z host kernel - - - ",
    "6,339,5140900,-;",
    "6,339,5140900,-,caller=T1;",
    "[2026-11-23 12:00:00] [   12.345678][    T1] ",
    "\x1b[32m[   12.345678] \x1b[0m\x1b[33m",
)


def golden(name: str) -> list[str]:
    """The lines of one golden log."""
    return (GOLDEN / name).read_text().splitlines()
