# SPDX-License-Identifier: GPL-2.0-only
"""What selftests printed, read: what is planned and not there is never green."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selftest_logs import COUNTED, END, NONCE, TARGET, not_ok, ok, section

from orchestrator.model.evidence import Ktap, KtapTest, TestResult
from orchestrator.model.job import Selftests
from orchestrator.parse.selftests import parse_selftests

PASSED, FAILED = TestResult.PASSED, TestResult.FAILED
SKIPPED, CRASHED = TestResult.SKIPPED, TestResult.CRASHED


def read(text: str, *names: str) -> Ktap:
    return parse_selftests(text, NONCE, [Selftests(TARGET, names or ("one",), 45)])


def only(text: str) -> tuple[KtapTest, tuple[str, ...]]:
    found = read(text)
    (target,) = found.tests
    (test,) = target.children
    return test, found.errors


def test_a_test_that_says_nothing_of_its_own() -> None:
    found = read(section("one", "all is well", ok("one")) + END)
    (target,) = found.tests
    assert (target.name, target.result, target.planned) == (TARGET, PASSED, 1)
    assert (target.children[0].name, target.children[0].result) == ("one", PASSED)
    assert found.errors == () and found.counts.passed == 1


def test_the_tests_inside_are_read_with_their_lines() -> None:
    text = section("one", COUNTED, ok("one")) + END
    test, errors = only(text)
    assert errors == () and test.result is PASSED
    assert [(one.name, one.result) for one in test.children] == [
        ("first", PASSED),
        ("second", PASSED),
        ("third", SKIPPED),
    ]
    lines = text.split("\n")
    assert [lines[one.line - 1] for one in test.children] == [
        "# ok 1 first",
        "# ok 2 second",
        "# ok 3 third # SKIP no such device",
    ]
    assert lines[test.line - 1] == ok("one")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("TAP version 13\n1..0 # SKIP no such device", "no such device"),
        ("needs root, skipping", "needs root, skipping"),
        ("quiet", ""),
    ],
)
def test_skipped_with_what_it_said(body: str, why: str) -> None:
    found = read(section("one", body, ok("one", " # SKIP")) + END)
    test = found.tests[0].children[0]
    assert (test.result, test.directive, found.errors) == (SKIPPED, why, ())
    assert found.tests[0].result is SKIPPED


@pytest.mark.parametrize("more", [" # exit=1", " # TIMEOUT 45 seconds", ""])
def test_failed_with_the_reason_first(more: str) -> None:
    test, errors = only(section("one", "first\nlast", not_ok("one", more), 1) + END)
    assert test.result is FAILED and errors == ()
    assert test.diagnostics == (*((more[3:],) if more else ()), "first", "last")


def test_one_inside_failed() -> None:
    body = "TAP version 13\n1..2\nok 1 good\n# why it is so\nnot ok 2 bad"
    test, errors = only(section("one", body, not_ok("one"), 1) + END)
    assert test.result is FAILED and errors == ()
    assert [(c.name, c.result) for c in test.children] == [("good", PASSED), ("bad", FAILED)]
    assert test.children[1].diagnostics == ("# why it is so",)


def test_a_crash_after_the_first_of_two() -> None:
    body = "TAP version 13\n1..2\nok 1 before"
    test, errors = only(section("one", body, not_ok("one", " # exit=139"), 1) + END)
    assert test.result is FAILED and errors == ()
    assert [c.name for c in test.children] == ["before"]
    assert test.diagnostics[:2] == ("exit=139", "1 of 2 planned tests in it never came")


# What the kernel's own runner calls "ok".
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("TAP version 13\n1..3\nok 1 a", "kcmp.one: 2 of 3 planned tests in it never came"),
        ("TAP version 13\n1..1\nnot ok 1 a", "kcmp.one: ok, though a test in it failed"),
        ("TAP version 13\n1..1\nok 1 a\nok 2 b", "kcmp.one: suite of line 1: 1 tests planned"),
        ("TAP version 99\n1..1\nok 1 a", "kcmp.one: line 1: TAP version 99 is not known"),
    ],
)
def test_ok_and_yet_not_so(body: str, said: str) -> None:
    found = read(section("one", body, ok("one")) + END)
    assert found.errors and found.errors[0].startswith(said)


TOTALS = "# Totals: pass:{} fail:{} xfail:0 xpass:0 skip:0 error:{}"


def test_a_program_that_only_counts() -> None:
    """As kcmp_test does."""
    body = f"TAP version 13\n1..3\n# PASS: 0 returned\n{TOTALS.format(3, 0, 0)}"
    test, errors = only(section("one", body, ok("one")) + END)
    assert (test.result, test.children, errors) == (PASSED, (), ())


@pytest.mark.parametrize("counts", [(0, 3, 0), (2, 0, 0), (4, 0, 0), (3, 0, 1)])
def test_one_that_counted_otherwise_is_not_believed(counts: tuple[int, int, int]) -> None:
    body = f"TAP version 13\n1..3\n{TOTALS.format(*counts)}"
    assert "3 of 3 planned" in only(section("one", body, ok("one")) + END)[1][0]


def test_a_plan_at_the_end() -> None:
    """As get_size does; two documents."""
    one = "TAP version 13\n# why\nok 1 a\nok 2 b\n1..2"
    text = section("one", f"{one}\n{one}", ok("one")) + END
    test, errors = only(text)
    assert errors == () and [c.name for c in test.children] == ["a", "b", "a", "b"]
    lines = text.split("\n")
    assert [lines[c.line - 1] for c in test.children] == ["# ok 1 a", "# ok 2 b"] * 2
    short = section("one", one.replace("1..2", "1..3"), ok("one")) + END
    assert "1 of 3 planned" in only(short)[1][0]


def test_a_runner_that_died() -> None:
    test, errors = only(section("one", "half a li", "", 137) + END)
    assert (test.result, errors) == (CRASHED, ())
    assert test.diagnostics[0] == "its runner ended with 137 and gave no result"


def test_a_log_that_is_cut_short() -> None:
    whole = section("one", COUNTED, ok("one")) + section("two", COUNTED, ok("two")) + END
    at = whole.index("# ok 2 second", whole.index("two"))
    found = read(whole[:at], "one", "two", "three")
    assert [c.result for c in found.tests[0].children] == [PASSED, CRASHED, CRASHED]
    assert found.tests[0].result is CRASHED
    assert found.errors == ("the output of the selftests ends before its end marker",)


def test_nothing_at_all() -> None:
    found = read("", "one", "two")
    assert [c.diagnostics for c in found.tests[0].children] == [("it never began",)] * 2
    assert found.errors and found.counts.passed == 0


def test_marks_of_another_run_are_none() -> None:
    text = section("one", "", ok("one")).replace(NONCE, "f" * 16)
    assert only(text + END)[0].result is CRASHED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (section("one", "", ok("one")) * 2 + END, "kcmp.one: it ran 2 times"),
        (section("one", "", f"{ok('one')}\n{ok('one')}") + END, "kcmp.one: 2 results"),
        (section("one", "", f"{ok('one')}\n{ok('two')}") + END, "kcmp.one: 2 results"),
        (section("one", "", ok("one"), None) + END, "kcmp.one: nothing was heard of its runner"),
        (section("one", "", ok("one")) + section("two", "", ok("two")) + END, "kcmp:two ran"),
    ],
)
def test_what_does_not_fit_is_told(text: str, said: str) -> None:
    assert any(error.startswith(said) for error in only(text)[1])


def test_a_test_cannot_speak_for_its_runner() -> None:
    """Its own lines come behind "# "."""
    test, _ = only(section("one", ok("one"), "", 137) + END)
    assert test.result is CRASHED


def test_targets_apart_in_the_order_of_the_plan() -> None:
    plan = [Selftests("b/c", ("x.sh",), 45), Selftests("a", ("x.sh",), 45)]
    text = section("x.sh", "", ok("x.sh")).replace(TARGET, "a")
    text += section("x.sh", "", not_ok("x.sh"), 1).replace(TARGET, "b/c") + END
    found = parse_selftests(text, NONCE, plan)
    assert [(t.name, t.result) for t in found.tests] == [("b/c", FAILED), ("a", PASSED)]


@given(st.lists(st.sampled_from(section("one", COUNTED, ok("one")).split("\n")), max_size=40))
def test_no_log_raises_and_lines_are_of_the_log(lines: list[str]) -> None:
    found = read("\n".join(lines))
    for test in found.tests[0].leaves():
        assert 1 <= test.line <= max(1, len(lines))
    assert found.errors  # the end marker is not among them
