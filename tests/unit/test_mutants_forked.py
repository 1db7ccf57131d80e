# SPDX-License-Identifier: GPL-2.0-only
"""What is compared between boots and runs from a kept state."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "mutants"))

from forked import Said, compared, said

BOOT = Said("fail", ("suite.case",), ("suite.case failed",))
FORK = replace(BOOT, forked=True)


def run(result: str, **more: object) -> dict[str, object]:
    case = {"name": "case", "result": result, "children": []}
    suite = {"name": "suite", "result": result, "children": [case]}
    return {"verdict": "fail", "tests": [suite], "findings": [{"title": "t"}], **more}


@pytest.mark.parametrize(
    ("result", "failed"),
    [("failed", ("suite.case",)), ("crashed", ("suite.case",)), ("skipped", ()), ("passed", ())],
)
def test_leaves_that_did_not_pass_are_told(result: str, failed: tuple[str, ...]) -> None:
    assert said(run(result)).failed == failed


def test_how_it_began_is_told_but_not_compared() -> None:
    assert said(run("failed", outcome={"forked": True})).forked
    assert compared(BOOT, [FORK, FORK], ()) == "same"


def test_a_run_without_a_machine_is_read() -> None:
    nothing = {"verdict": "build-broken", "findings": [], "outcome": None}
    assert said(nothing) == Said("build-broken", (), ())


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (replace(FORK, verdict="pass"), "verdict"),
        (replace(FORK, failed=()), "evidence"),
        (replace(FORK, findings=("another",)), "evidence"),
    ],
)
def test_one_run_that_differs_is_enough(other: Said, word: str) -> None:
    assert compared(BOOT, [FORK, other], ()) == word
    assert compared(BOOT, [other, FORK], [BOOT, BOOT]) == word


def test_what_boots_show_too_is_the_same() -> None:
    other = replace(BOOT, failed=("suite.other",))
    assert compared(BOOT, [other], [other]) == "same"


def test_where_boots_differ_it_may_be_chance() -> None:
    second = replace(BOOT, verdict="hang")
    assert compared(BOOT, [replace(FORK, verdict="crash")], [second]) == "verdict, by chance"
