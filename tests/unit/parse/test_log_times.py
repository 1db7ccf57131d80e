# SPDX-License-Identifier: GPL-2.0-only
"""When a line of the log was printed."""

from __future__ import annotations

import pytest

from orchestrator.model.evidence import KernelLog, LogRecord
from orchestrator.parse.kmsg import render
from orchestrator.parse.log_times import time_of, timed_lines, timed_records


@pytest.mark.parametrize(
    ("line", "time_s"),
    [
        ("[    1.234567][    T1] x", 1.234567),
        ("<6>[12345.000001] x", 12345.000001),
        ("[    1.234567", None),
        ("x [    1.234567] y", None),
        ("[    ١.234567] x", None),
        ("", None),
    ],
)
def test_the_time_of_a_line(line: str, time_s: float | None) -> None:
    assert time_of(line) == time_s


def test_lines_without_a_time_are_none() -> None:
    lines = ["SeaBIOS", "[    0.000000] Linux version", "garbage", "[    1.500000][    C0] last"]
    found = [(one.time_s, one.text, one.line, one.level) for one in timed_lines(lines)]
    assert found == [(0.0, "Linux version", 2, -1), (1.5, "last", 4, -1)]


def test_records_stand_where_the_rendered_log_has_them() -> None:
    log = KernelLog((LogRecord(0, 6, 0, "one"), LogRecord(1, 4, 5, "two\nlines"),
                     LogRecord(2, 6, 9, "three")))  # fmt: skip
    rendered = render(log).splitlines()
    for one in timed_records(log):
        assert rendered[one.line - 1].endswith(one.text)
    assert [(one.level, one.line) for one in timed_records(log)] == [(6, 1), (4, 2), (6, 4)]
