# SPDX-License-Identifier: GPL-2.0-only
"""What init says of a user's command."""

from __future__ import annotations

import pytest

from orchestrator.parse.guest import parse_guest_report

HEAD = "begin 9f3c 1.20 7.3.4\nalive 6.20\nalive 11.21\n"


def test_a_command_that_ended() -> None:
    report = parse_guest_report(f"{HEAD}session-end 9f3c 12.00 7\nend 9f3c 12.10\n", "9f3c")
    assert (report.session_status, report.ended, report.complaints) == (7, True, ())


@pytest.mark.parametrize(
    "line",
    [
        "session-end 0000 12.00 0",  # another run's
        "session-end 9f3c 12.00",
        "session-end 9f3c 12.00 -1",
        "session-end 9f3c 12.00 0 0",
        "alive",
        "alive soon",
    ],
)
def test_what_is_not_said_right_counts_for_nothing(line: str) -> None:
    report = parse_guest_report(f"{HEAD}{line}\n", "9f3c")
    assert report.session_status is None and len(report.complaints) == 1


def test_the_first_status_stays() -> None:
    twice = "session-end 9f3c 12.00 7\nsession-end 9f3c 12.00 0\n"
    report = parse_guest_report(HEAD + twice, "9f3c")
    assert report.session_status == 7 and len(report.complaints) == 1


def test_a_cut_line_is_not_used() -> None:
    assert parse_guest_report(HEAD + "session-end 9f3c 12.00 0", "9f3c").session_status is None
