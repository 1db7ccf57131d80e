# SPDX-License-Identifier: GPL-2.0-only
"""Which tests of a log ran before init, and how long each took.

The kernel runs its built-in suites (kunit_run_all_tests()) and then starts init, which it says
(run_init_process() in init/main.c). What comes after that line anybody may have written: it
counts for no built-in suite. If the line is missing, the kernel never got so far.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.model.evidence import AtBoot, KtapTest
from orchestrator.parse.prefix import strip_prefix

_INIT = re.compile(r"Run \S+ as init process")
_TIME = re.compile(r"\[ *(\d{1,9}\.\d{1,9})\]")
_HEADER = re.compile(r"K?TAP version \d+")


def at_boot(lines: Sequence[str], tests: Sequence[KtapTest]) -> AtBoot:
    """tests: of these lines, in their order."""
    init = _first(lines, _INIT)
    count = 0
    for test in tests:
        if init and test.line > init:
            break
        count += 1
    before = _time(lines, _first(lines, _HEADER)) if count else None
    seconds = []
    for test in tests[:count]:
        now = _time(lines, test.line)
        known = now is not None and before is not None and test.number is not None
        seconds.append(round(now - before, 3) if known else None)  # type: ignore[operator]
        before = now
    return AtBoot(count, tuple(seconds))


def _first(lines: Sequence[str], pattern: re.Pattern[str]) -> int:
    """The 1-based number of the first line that is this; 0: none."""
    word = "init process" if pattern is _INIT else "TAP version"
    for number, line in enumerate(lines, 1):
        if word in line and pattern.fullmatch(strip_prefix(line).strip()):
            return number
    return 0


def _time(lines: Sequence[str], number: int) -> float | None:
    match = _TIME.search(lines[number - 1]) if 0 < number <= len(lines) else None
    return float(match[1]) if match else None
