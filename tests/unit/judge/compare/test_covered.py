# SPDX-License-Identifier: GPL-2.0-only
"""What became of every line a patch adds."""

from __future__ import annotations

import pytest

from orchestrator.judge.compare.covered import (
    Changed,
    added_lines,
    c_lines,
    covered,
    without_comments,
)
from orchestrator.model.compare import CoveredLine, Line

FILE = "kernel/kthread.c"
AFTER = """\
int f(int x)
{
	int y;

	/* a comment
		of two lines */
	if (x &&
		x > 1) {
		y = g(x,
			x);
	} else {
		y = 0;
	}
#ifdef NEVER
	y = 5;
	*p = 1;
#endif
out:
	return y; /* why
			* so */
}
"""
COUNTS = {1: 3, 7: 3, 9: 0, 12: 3, 19: 3}
COMPILED = set(range(1, 22)) - {4, 5, 6, 14, 15, 16, 17, 20}


def states(
    counts: dict[int, int] | None, compiled: set[int] | None, before: str = ""
) -> dict[int, Line]:
    found = covered(
        [Changed(FILE, before, AFTER)],
        {} if counts is None else {FILE: counts},
        {FILE: compiled},
    )
    return {line.line: line.state for line in found}


def test_every_state_of_a_line_that_is_counted() -> None:
    found = states(COUNTS, COMPILED)
    run, never, plain, absent = Line.RUN, Line.NEVER, Line.NO_CODE, Line.NOT_COMPILED
    assert found == {
        1: run, 2: plain, 3: plain, 4: plain, 5: plain, 6: plain,
        7: run, 8: run,  # a condition over two lines
        9: never, 10: never,  # a call over two lines
        11: plain, 12: run, 13: plain, 14: plain,
        15: absent, 16: absent,  # a store through a pointer is no comment
        17: plain, 18: plain, 19: run, 20: plain, 21: plain,
    }  # fmt: skip


def test_a_file_that_is_not_compiled() -> None:
    found = states(None, None)
    assert {found[n] for n in (1, 3, 7, 12, 16, 19)} == {Line.NOT_COMPILED}
    assert {found[n] for n in (2, 4, 5, 6, 14, 18)} == {Line.NO_CODE}
    assert Line.NEVER not in found.values()


def test_a_file_without_counts() -> None:
    found = states(None, COMPILED)
    assert (found[7], found[15], found[4]) == (Line.UNKNOWN, Line.NOT_COMPILED, Line.NO_CODE)


def test_how_often() -> None:
    found = covered([Changed(FILE, "", AFTER)], {FILE: COUNTS}, {FILE: COMPILED})
    assert found[6] == CoveredLine(FILE, 7, "\tif (x &&", Line.RUN, 3)
    assert found[8].count == 0


def test_only_added_lines_are_told() -> None:
    before = AFTER.replace("\t\ty = 0;\n", "").replace("\tint y;\n", "\tlong y;\n")
    assert set(states(COUNTS, COMPILED, before)) == {3, 12}
    assert states(COUNTS, COMPILED, AFTER) == {}


@pytest.mark.parametrize(
    ("before", "after", "added"),
    [
        ("", "", []),
        ("", "a\nb\n", [1, 2]),
        ("a\nb\n", "a\n", []),
        ("a\n", "a\nb", [2]),
        ("a\nb\nc\n", "a\nx\nc\n", [2]),
        ("a\nb\n", "\fa\nb\nc\n", [1, 3]),
        ("a\f\nb\n", "a\f\nb\nc\n", [3]),  # a form feed begins a page, not a line
    ],
)
def test_added(before: str, after: str, added: list[int]) -> None:
    assert added_lines(before, after) == added


def test_lines_as_the_compiler_counts_them() -> None:
    assert c_lines("a\fb\x85c\u2028d\ne\n") == ["a\fb\x85c\u2028d", "e"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a /* b */ c\n", ["a  c"]),
        ("a /* b\nb\n*/ c\n", ["a ", "", " c"]),
        ('s = "/* no */"; // yes\n', ['s = "/* no */"; ']),
        ("c = '\"'; /* x */\n", ["c = '\"'; "]),
        ('s = "\\"/*"; f(); /* x */\n', ['s = "\\"/*"; f(); ']),
        ("a /* never closed\nb\n", ["a ", ""]),
        ("a = b / *p;\n", ["a = b / *p;"]),
    ],
)
def test_comments(text: str, left: list[str]) -> None:
    assert without_comments(text) == left
