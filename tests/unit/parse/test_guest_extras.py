# SPDX-License-Identifier: GPL-2.0-only
"""The words "leaks" and "coverage" of init, and what judging makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.evidence import GuestReport
from orchestrator.parse.guest import parse_guest_report

BEGIN, END = "begin n0nce 0.5 7.3.4\n", "end n0nce 2.0\n"


def report(*lines: str) -> GuestReport:
    return parse_guest_report(BEGIN + "".join(f"{line}\n" for line in lines) + END, "n0nce")


def test_bytes_that_were_sent() -> None:
    found = report("leaks 0", "coverage 10240")
    assert (found.leaks_bytes, found.coverage_bytes, found.complaints) == (0, 10240, ())


def test_not_a_word() -> None:
    found = report()
    assert (found.leaks_bytes, found.coverage_bytes) == (None, None)


@pytest.mark.parametrize(
    "line", ["leaks", "leaks -1", "leaks 1 2", "coverage x", "leaks " + "9" * 99]
)
def test_what_is_not_understood_is_a_complaint(line: str) -> None:
    assert report(line).complaints == (f"not understood: {line}",)


def test_said_twice() -> None:
    found = report("leaks 3", "leaks 4")
    assert (found.leaks_bytes, len(found.complaints)) == (3, 1)


def test_before_begin() -> None:
    found = parse_guest_report(f"leaks 3\n{BEGIN}{END}", "n0nce")
    assert (found.leaks_bytes, len(found.complaints)) == (None, 1)


@given(st.integers(0, 80))
def test_cut_anywhere(end: int) -> None:
    text = f"{BEGIN}leaks 1234\ncoverage 5678\n{END}"
    found = parse_guest_report(text[:end], "n0nce")
    assert found.leaks_bytes in (None, 1234)  # never the 12 of a line that was cut
    assert found.coverage_bytes in (None, 5678)
