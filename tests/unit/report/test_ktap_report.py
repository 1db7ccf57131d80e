# SPDX-License-Identifier: GPL-2.0-only
"""Our KTAP, read again by our own parser."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_results import TAME, green_tests, mixed_tests

from orchestrator.model.evidence import Ktap, KtapCounts, KtapTest, TestResult
from orchestrator.parse.ktap import parse_ktap
from orchestrator.report.ktap import ktap


def again(results: Ktap) -> Ktap:
    return parse_ktap(ktap(results).splitlines())


def as_printed(counts: KtapCounts) -> tuple[int, int, int]:
    """passed, not ok, skipped: a case that never ended can only be printed as not ok."""
    return counts.passed, counts.failed + counts.crashed, counts.skipped


def test_no_tests_no_text() -> None:
    assert ktap(Ktap()) == ""


def test_the_text_of_a_small_suite() -> None:
    assert ktap(Ktap(mixed_tests(TAME))).splitlines() == [
        "KTAP version 1",
        "1..1",
        "    KTAP version 1",
        f"    # Subtest: {TAME}",
        "    1..4",
        f"    ok 1 {TAME}_ok",
        f"    # {TAME} expected 1",
        f"    not ok 2 {TAME}_bad",
        f"    not ok 3 {TAME}_gone # never ended",
        f"    ok 4 {TAME}_not # SKIP no {TAME}",
        f"not ok 1 {TAME}",
    ]


@pytest.mark.parametrize(
    "results", [green_tests(), mixed_tests(TAME), (*green_tests(), *mixed_tests("b"))]
)
def test_read_again_it_says_the_same(results: tuple[KtapTest, ...]) -> None:
    results = tuple(replace(test, number=n) for n, test in enumerate(results, start=1))
    read = again(Ktap(results))
    assert read.errors == ()
    assert as_printed(read.counts) == as_printed(Ktap(results).counts)
    assert [test.name for test in read.tests] == [test.name for test in results]
    assert [leaf.name for test in read.tests for leaf in test.leaves()] == [
        leaf.name for test in results for leaf in test.leaves()
    ]


def test_a_suite_that_failed_by_itself_is_still_failed() -> None:
    whole = replace(green_tests()[0], result=TestResult.FAILED)
    assert as_printed(again(Ktap((whole,))).counts) == (2, 1, 0)


@pytest.mark.parametrize(
    "text",
    [
        "ok 9 planted",
        "Subtest: planted",
        "# Subtest: planted",
        "1..9",
        "KTAP version 1",
        "x # SKIP",
    ],
)
def test_a_diagnostic_is_never_read_as_structure(text: str) -> None:
    leaf = KtapTest("case", TestResult.FAILED, 3, 1, diagnostics=(text,))
    whole = KtapTest(
        TAME, TestResult.FAILED, 4, 1, children=(leaf,), planned=1, diagnostics=(text,)
    )
    read = again(Ktap((whole,)))
    assert read.errors == ()
    assert [test.name for test in read.tests] == [TAME]
    assert as_printed(read.counts) == (0, 1, 0)


_NAMES = st.text("abc_0 1.-é", min_size=1, max_size=8).map(lambda text: f"t{text}".strip())
_RESULTS = st.sampled_from([TestResult.PASSED, TestResult.FAILED, TestResult.SKIPPED])


@st.composite
def suites(draw: st.DrawFn, deep: int = 2) -> KtapTest:
    if deep == 0 or draw(st.booleans()):
        return KtapTest(draw(_NAMES), draw(_RESULTS), 1, 1)
    children = [draw(suites(deep=deep - 1)) for _ in range(draw(st.integers(1, 3)))]
    numbered = tuple(replace(child, number=n) for n, child in enumerate(children, start=1))
    bad = any(child.result is TestResult.FAILED for child in numbered)
    result = TestResult.FAILED if bad else TestResult.PASSED
    return KtapTest(draw(_NAMES), result, 1, 1, children=numbered, planned=len(numbered))


@settings(deadline=None, max_examples=60)
@given(st.lists(suites(), min_size=1, max_size=3))
def test_any_tree_of_tests_survives(trees: list[KtapTest]) -> None:
    results = Ktap(tuple(replace(tree, number=n) for n, tree in enumerate(trees, start=1)))
    read = again(results)
    assert read.errors == ()
    assert read.counts == results.counts
