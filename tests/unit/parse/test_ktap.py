# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import PREFIXES, RELAXED, golden

from orchestrator.model.evidence import Ktap, KtapCounts, KtapTest, TestResult
from orchestrator.parse.ktap import parse_ktap

PASSED, FAILED = TestResult.PASSED, TestResult.FAILED
SKIPPED, CRASHED = TestResult.SKIPPED, TestResult.CRASHED


def flawless(ktap: Ktap) -> bool:
    """What a judge may take for green."""
    bad = any(test.result in (FAILED, CRASHED) for top in ktap.tests for test in walk(top))
    return bool(ktap.tests) and not ktap.errors and not bad


def walk(test: KtapTest) -> list[KtapTest]:
    return [test, *(inner for child in test.children for inner in walk(child))]


def parse(text: str) -> Ktap:
    return parse_ktap(text.splitlines())


def suite(*lines: str, name: str = "s", plan: str = "1..1") -> str:
    """A module's document around the lines of one suite."""
    return "\n".join(["KTAP version 1", plan, *(f"    {line}" for line in lines), f"ok 1 {name}"])


def test_a_module_of_7_3() -> None:
    ktap = parse_ktap(golden("ktap_module_7.3.log"))
    assert ktap.errors == ()
    assert ktap.counts == KtapCounts(passed=3, failed=1, skipped=1)
    (top,) = ktap.tests
    assert (top.name, top.result, top.planned, top.number) == ("orch_create", FAILED, 4, 1)
    assert [(t.name, t.result) for t in top.children] == [
        ("create_on_node", PASSED),
        ("create_slow", PASSED),
        ("create_memoryless", SKIPPED),
        ("create_fails", FAILED),
    ]
    params, _slow, skipped, fails = top.children
    assert [t.name for t in params.children] == ["node 0", "node 1"]
    assert params.children[0].diagnostics == ("# create_on_node: thread of node 0 ran on cpu 0",)
    assert skipped.directive == "no memoryless node"
    assert fails.line == 24
    assert any("EXPECTATION FAILED" in text for text in fails.diagnostics)


def test_modules_of_6_1_have_no_header() -> None:
    ktap = parse_ktap(golden("ktap_modules_6.1.log"))
    assert ktap.errors == ()
    assert [(t.name, t.number, t.planned) for t in ktap.tests] == [
        ("orch_create", 1, 2),
        ("orch_worker", 2, 1),
    ]
    assert ktap.counts == KtapCounts(passed=3)


def test_the_suite_number_restarts_when_a_6_1_module_went() -> None:
    lines = [
        line.replace("ok 2 - orch_worker", "ok 1 - orch_worker")
        for line in golden("ktap_modules_6.1.log")
    ]
    assert parse_ktap(lines).errors == ()


def test_several_documents_all_become_top_level_tests() -> None:
    first, second = (
        suite("# Subtest: s", "1..1", "ok 1 a"),
        suite("# Subtest: t", "1..1", "ok 1 b", name="t"),
    )
    assert [t.name for t in parse(f"{first}\n{second}").tests] == ["s", "t"]
    assert parse(f"{first}\n{second}").errors == ()
    # A module loaded while another stays continues its count.
    assert parse(f"{first}\n{second.replace('ok 1 t', 'ok 2 t')}").errors == ()
    assert parse(f"{first}\n{second.replace('ok 1 t', 'ok 3 t')}").errors != ()


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("end", ["", "\r\n"])
def test_prefix_and_line_end_change_nothing(prefix: str, end: str) -> None:
    lines = golden("ktap_all_passed.log")
    assert flawless(parse_ktap(lines))
    assert parse_ktap([prefix + line + end for line in lines]) == parse_ktap(lines)


def test_an_unknown_prefix_as_wide_as_the_headers_goes() -> None:
    lines = golden("ktap_all_passed.log")
    assert parse_ktap([f"guest 7> {line}" for line in lines]) == parse_ktap(lines)


def test_foreign_lines_change_no_result() -> None:
    lines = golden("ktap_all_passed.log")
    foreign = ["random: crng init done", "  clocksource: 1..3 is no plan", "# ok 7 no result", ""]
    mixed = [text for line in lines for text in (*foreign, line)]
    ktap = parse_ktap(mixed)
    assert ktap.errors == ()
    assert ktap.counts == parse_ktap(lines).counts


def test_no_truncation_looks_complete() -> None:
    text = "\n".join(golden("ktap_all_passed.log"))
    assert flawless(parse(text))
    for length in range(len(text)):
        assert not flawless(parse(text[:length])), text[:length][-30:]


def test_no_dropped_result_goes_unseen() -> None:
    lines = golden("ktap_all_passed.log")
    for number, line in enumerate(lines):
        if line.lstrip().startswith("ok"):
            cut = parse_ktap(lines[:number] + lines[number + 1 :])
            assert cut.counts != parse_ktap(lines).counts or cut.errors, line


def test_what_was_planned_and_never_came_crashed() -> None:
    ktap = parse(suite("KTAP version 1", "# Subtest: s", "1..3", "ok 1 a"))
    assert ktap.counts == KtapCounts(passed=1, crashed=2, errors=2)
    assert ktap.tests[0].result is CRASHED
    assert ktap.errors[0] == "suite s: planned test 2 of 3 never came"


def test_a_suite_without_a_result_crashed() -> None:
    ktap = parse("KTAP version 1\n1..1\n    # Subtest: s\n    1..1\n    ok 1 a")
    assert [(t.name, t.result) for t in ktap.tests] == [("s", CRASHED)]
    assert ktap.errors == ("suite s: started and has no result line",)


def test_a_parameterised_test_without_a_result_crashed() -> None:
    ktap = parse(suite("# Subtest: s", "1..2", "    # Subtest: p", "    ok 1 x", "ok 2 b"))
    assert [(t.name, t.result) for t in ktap.tests[0].children] == [("p", CRASHED), ("b", PASSED)]
    assert ktap.errors == ("suite p: started and has no result line",)


def test_a_result_of_another_name_is_not_the_open_suites() -> None:
    ktap = parse(suite("# Subtest: s", "1..1", "ok 1 a", name="other"))
    assert [(t.name, t.result) for t in ktap.tests] == [("s", CRASHED), ("other", PASSED)]
    assert not flawless(ktap)


def test_more_than_planned_is_an_error() -> None:
    ktap = parse(suite("# Subtest: s", "1..1", "ok 1 a", "ok 2 b"))
    assert ktap.errors == ("suite s: 1 tests planned, 2 seen",)


@pytest.mark.parametrize("second", ["ok 3 b", "ok 1 b"])
def test_numbers_out_of_order_are_errors(second: str) -> None:
    ktap = parse(suite("# Subtest: s", "1..2", "ok 1 a", second))
    assert ktap.errors == (f"line 6: test number 2 expected, {second.split()[1]} seen",)


def test_ok_over_a_failed_child_is_an_error_and_failed() -> None:
    ktap = parse(suite("# Subtest: s", "1..1", "not ok 1 a"))
    assert ktap.tests[0].result is FAILED
    assert ktap.counts == KtapCounts(failed=1, errors=1)


def test_a_suite_that_fails_alone_counts() -> None:
    ktap = parse(suite("# Subtest: s", "1..1", "ok 1 a").replace("\nok 1 s", "\nnot ok 1 s"))
    assert ktap.counts == KtapCounts(passed=1, failed=1)


def test_a_missing_plan_is_told_by_planned() -> None:
    ktap = parse(suite("# Subtest: s", "ok 1 a"))
    assert ktap.errors == ()
    assert ktap.tests[0].planned is None


def test_a_suite_without_tests_is_an_error() -> None:
    assert parse(suite("# Subtest: s", "1..0")).errors == ("suite s: 0 tests run",)


@pytest.mark.parametrize("text", ["", "hello", "KTAP version 1", "KTAP version 1\n1..0", "ok 1 a"])
def test_nothing_is_never_flawless(text: str) -> None:
    ktap = parse(text)
    assert ktap.tests == ()
    assert len(ktap.errors) == 1


def test_an_unknown_version_is_an_error() -> None:
    assert len(parse("KTAP version 2\n1..1\nok 1 a").errors) == 1


@pytest.mark.parametrize(
    ("line", "name", "result", "directive"),
    [
        ("ok 1 a", "a", PASSED, ""),
        ("ok 1 - a", "a", PASSED, ""),
        ("not ok 1 a", "a", FAILED, ""),
        ("ok 1 a # SKIP", "a", SKIPPED, ""),
        ("ok 1 a # skip why not", "a", SKIPPED, "why not"),
        ("not ok 1 a # SKIP why", "a", SKIPPED, "why"),
        ("ok 1 # SKIP a", "", SKIPPED, "a"),
        ("not ok 1 a # TODO later", "a", FAILED, "TODO later"),
        ("ok 1 a # SKIPPER", "a", PASSED, "SKIPPER"),
        ("ok 1 C# and #2", "C# and #2", PASSED, ""),
    ],
)
def test_result_lines(line: str, name: str, result: TestResult, directive: str) -> None:
    (test,) = parse(f"TAP version 13\n1..1\n{line}").tests
    assert (test.name, test.result, test.directive) == (name, result, directive)


def test_a_plan_of_a_million_is_bounded() -> None:
    ktap = parse("KTAP version 1\n1..100000000\nok 1 a")
    assert ktap.counts.crashed == 1000


def test_nesting_without_indentation_goes_by_name() -> None:
    ktap = parse("KTAP version 1\n1..1\n# Subtest: s\n1..2\nok 1 a\nok 2 b\nok 1 s")
    assert ktap.errors == ()
    assert [t.name for t in ktap.tests[0].children] == ["a", "b"]


WORDS = st.sampled_from(
    [
        "KTAP version 1",
        "TAP version 14",
        "1..2",
        "ok 1 a",
        "ok 2 s",
        "not ok 1 s",
        "# Subtest: s",
        "x",
    ]
)
LINES = st.lists(
    st.tuples(st.sampled_from(["", "    ", "\t", "        "]), WORDS).map("".join), max_size=20
)


@RELAXED
@given(LINES)
def test_any_order_of_ktap_lines_survives(lines: list[str]) -> None:
    ktap = parse_ktap(lines)
    assert ktap.tests or ktap.errors
    assert parse_ktap([f"[    1.000000][    T1] {line}\r\n" for line in lines]) == ktap


@RELAXED
@given(st.lists(st.binary()))
def test_any_bytes_survive(raw: list[bytes]) -> None:
    assert not flawless(parse_ktap([line.decode(errors="replace") for line in raw]))
