# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import PREFIXES, RELAXED

from orchestrator.parse.prefix import split_prefix, strip_prefix

MESSAGES = ("ok 1 a", "    # Subtest: s", "\t1..3", "", "BUG: x", "[drm] up", "Nov is a month")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_only_the_prefix_and_the_line_end_go(prefix: str, message: str, end: str) -> None:
    assert strip_prefix(prefix + message + end) == message


def test_a_stamp_at_the_line_end_has_no_space_behind_it() -> None:
    assert strip_prefix("[    0.060000][    T1]") == ""


def test_text_of_another_program_before_the_stamp_goes_too() -> None:
    assert strip_prefix("host login: [   36.852785][ T3615] traps: x") == "traps: x"
    assert strip_prefix("host login: Unable to handle") == "Unable to handle"


@pytest.mark.parametrize(
    "line",
    ["[1] job done", "[    x] y", "<a>b", "1.234567] ok", "kernel: ok", "Nov 23 ok", "6,339,x"],
)
def test_what_only_resembles_a_prefix_stays(line: str) -> None:
    assert strip_prefix(line) == line


def test_the_caller_is_told() -> None:
    assert split_prefix("[   12.345678][  T123] a") == ("T123", "a")
    assert split_prefix("[   12.345678] [   C0] a") == ("C0", "a")
    assert split_prefix("6,339,5140900,-,caller=T123;a") == ("T123", "a")
    assert split_prefix("[   12.345678] a [   C0]") == ("", "a [   C0]")


@RELAXED
@given(st.text())
def test_any_text_survives(text: str) -> None:
    assert text.rstrip("\r\n").endswith(strip_prefix(text))
