# SPDX-License-Identifier: GPL-2.0-only
"""gcov's JSON, added up over inlined copies, objects and runs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.parse.gcov import add, parse_gcov


def report(**files: list[tuple[int, int]]) -> str:
    shown = [
        {
            "file": name.replace("__", "/").replace("DOTS", "..") + ".c",
            "lines": [{"line_number": n, "count": c, "branches": []} for n, c in lines],
        }
        for name, lines in files.items()
    ]
    return json.dumps({"gcc_version": "12", "format_version": "1", "files": shown})


def test_counts() -> None:
    assert parse_gcov(report(DOTS__kernel__a=[(3, 0), (4, 7)])) == {"kernel/a.c": {3: 0, 4: 7}}


def test_a_line_of_two_functions_has_the_sum() -> None:
    assert parse_gcov(report(a=[(3, 2), (3, 5), (4, 0), (4, 0)])) == {"a.c": {3: 7, 4: 0}}


def test_names_are_relative_to_the_tree() -> None:
    named = parse_gcov(report(DOTS__DOTS__mm__x__DOTS__a=[(1, 1)]))
    assert named == {"mm/a.c": {1: 1}}


def test_several_reports_and_messages_between() -> None:
    text = f"x.gcda:stamp mismatch\n{report(a=[(1, 1)])}\n{report(a=[(1, 2)], b=[(2, 0)])}\n"
    assert parse_gcov(text) == {"a.c": {1: 3}, "b.c": {2: 0}}


def test_runs_add_up_and_zero_stays() -> None:
    one, other = {"a.c": {1: 0, 2: 3}}, {"a.c": {1: 0, 2: 4}, "b.c": {9: 1}}
    assert add([one, other]) == {"a.c": {1: 0, 2: 7}, "b.c": {9: 1}}
    assert add([]) == {}
    assert one == {"a.c": {1: 0, 2: 3}}


@given(st.integers(0, len(report(a=[(1, 1)])) - 1))
def test_cut_it_is_refused_or_empty(end: int) -> None:
    cut = report(a=[(1, 1)])[:end]
    if not cut:
        assert parse_gcov(cut) == {}
    else:
        with pytest.raises(ValueError):
            parse_gcov(cut)


@pytest.mark.parametrize("text", ["", "no JSON\n", "[]\n"])
def test_nothing_of_gcov(text: str) -> None:
    assert parse_gcov(text) == {}


LLVM = """\
file:../kernel/kthread.c
function:2,0,f
lcount:2,0
lcount:3,3
branch:3,taken
file:./include/linux/x.h
lcount:4,11
file:../kernel/kthread.c
lcount:4,7
"""


def test_the_text_of_llvm_cov() -> None:
    counts = {"kernel/kthread.c": {2: 0, 3: 3, 4: 7}, "include/linux/x.h": {4: 11}}
    assert parse_gcov(LLVM) == counts
    assert parse_gcov(f"{LLVM}\n{LLVM}")["kernel/kthread.c"][4] == 14
