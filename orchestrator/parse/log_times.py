# SPDX-License-Identifier: GPL-2.0-only
"""The time in front of a line of a kernel log, as printk prints it (print_time(), printk.c)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orchestrator.model.evidence import KernelLog
from orchestrator.model.run_page import LogLine
from orchestrator.parse.prefix import strip_prefix

_TIME = re.compile(r"(?:<\d{1,3}>)?\[ *(\d{1,9}\.\d{6})\]", re.ASCII)


def time_of(line: str) -> float | None:
    """Seconds of the kernel's clock; None if the line has no time."""
    match = _TIME.match(line)
    return float(match[1]) if match else None


def timed_lines(lines: Iterable[str]) -> Iterator[LogLine]:
    """Those of a console that have a time."""
    for number, line in enumerate(lines, 1):
        time_s = time_of(line)
        if time_s is not None:
            yield LogLine(time_s, -1, strip_prefix(line), number)


def timed_records(log: KernelLog) -> Iterator[LogLine]:
    """Records of /dev/kmsg, which have a level besides; of several lines, the first."""
    number = 1
    for record in log.records:
        lines = record.text.split("\n")
        yield LogLine(record.time_us / 1e6, record.level, lines[0], number)
        number += len(lines)
