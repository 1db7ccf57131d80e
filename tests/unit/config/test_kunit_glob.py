# SPDX-License-Identifier: GPL-2.0-only
"""--kunit: what it refuses, and what it picks."""

from __future__ import annotations

import pytest

from orchestrator.config.kunit_glob import MAX_GLOB, checked, chosen
from orchestrator.model.errors import UsageError
from orchestrator.model.job import BuiltInSuite
from orchestrator.plan.qemu import kunit_option

THERE = (
    BuiltInSuite("list-kunit-test", ("list_test_list_init", "list_test_list_add")),
    BuiltInSuite("list_sort", ("list_sort_test",)),
    BuiltInSuite("Handshake API tests", ("accept",)),
    BuiltInSuite("empty"),
)


@pytest.mark.parametrize(
    "glob", ["", 'a"b', "a\nb", "a\\*", "\u00e4", "\x1b[31m", "x" * (MAX_GLOB + 1)]
)
def test_refused(glob: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(glob)
    said = f"{caught.value.message} {caught.value.hint}"
    assert said.isascii() and said.isprintable()


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("*", ["list-kunit-test", "list_sort", "Handshake API tests"]),
        ("list*", ["list-kunit-test", "list_sort"]),
        ("list?sort", ["list_sort"]),
        ("list[!_]*", ["list-kunit-test"]),
        ("*.*_add", ["list-kunit-test"]),
        ("list_sort", ["list_sort"]),
    ],
)
def test_chosen(glob: str, names: list[str]) -> None:
    built_in = chosen(checked(glob), THERE)
    assert [suite.name for suite in built_in.suites] == names
    assert built_in.glob == glob


def test_cases_are_chosen_too() -> None:
    (suite,) = chosen("list-*.*init", THERE).suites
    assert suite.cases == ("list_test_list_init",)


@pytest.mark.parametrize("glob", ["list-kunit", "sort", "list_sort.none", "LIST*"])
def test_nothing_matches(glob: str) -> None:
    with pytest.raises(UsageError, match="none of 4 built-in suites matches"):
        chosen(glob, THERE)


def test_a_kernel_without_suites_says_how_to_get_them() -> None:
    with pytest.raises(UsageError) as caught:
        chosen("*", ())
    assert "fragment kunit" in caught.value.hint


def test_on_the_command_line_of_the_kernel() -> None:
    assert kunit_option("list*") == "kunit.filter_glob=list*"
    assert kunit_option("Hand* tests") == 'kunit.filter_glob="Hand* tests"'


def test_a_suite_that_has_no_cases_is_not_run() -> None:
    """As kunit_fault without CONFIG_KUNIT_FAULT_TEST; if none are known, all may have some."""
    empty, full = BuiltInSuite("kunit_fault", ()), BuiltInSuite("kunit_stub", ("a",))
    assert chosen("*", (empty, full)).suites == (full,)
    assert chosen("*", (empty,)).suites == (empty,)
