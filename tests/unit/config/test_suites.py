# SPDX-License-Identifier: GPL-2.0-only
"""Suites are found by their files and chosen by their names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.config.assets import asset_dir
from orchestrator.config.suites import check_case, choose, shipped, suites_in
from orchestrator.model.errors import UsageError
from orchestrator.model.job import Suite

SOME = (Suite("orch_create", "orch_create_test", ""), Suite("orch_work", "orch_work_test", ""))


def test_a_suite_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "orch_b_test.c").write_text('MODULE_DESCRIPTION("what b \\"is\\"");\n')
    (tmp_path / "orch_a_test.c").write_text("/* says nothing */\n")
    (tmp_path / "orch_core.c").write_text('MODULE_DESCRIPTION("no suite");\n')
    assert suites_in(tmp_path) == (
        Suite("orch_a", "orch_a_test", ""),
        Suite("orch_b", "orch_b_test", 'what b \\"is\\"'),
    )
    assert suites_in(tmp_path / "none") == ()


def test_the_shipped_suites_say_what_they_are_about() -> None:
    suites = shipped()
    assert len(suites) >= 5
    for suite in suites:
        assert suite.name.startswith("orch_") and suite.module == f"{suite.name}_test"
        assert len(suite.subject) > 10


def test_choosing() -> None:
    assert choose((), SOME) == SOME
    assert choose(("work", "orch_create", "work"), SOME) == (SOME[1], SOME[0])
    with pytest.raises(UsageError, match="no suite named 'wrok'") as caught:
        choose(("wrok",), SOME)
    assert "orch_work" in caught.value.hint


def test_every_case_of_the_shipped_suites_is_found_and_no_other() -> None:
    folder = asset_dir("kmod")
    check_case("create", "stop_after_exit", folder)
    check_case("orch_placement", placement_case(), folder)
    with pytest.raises(UsageError, match="no case of create named 'stop_after_exti'") as no:
        check_case("create", "stop_after_exti", folder)
    assert no.value.hint.startswith("did you mean stop_after_exit? there are: ")
    with pytest.raises(UsageError, match="no suite named"):
        check_case("nosuch", "x", folder)


def placement_case() -> str:
    """One with parameters."""
    text = (asset_dir("kmod") / "orch_placement_test.c").read_text()
    case = re.search(r"_CASE_\w+\((\w+)", text)
    assert case
    return case[1]


def test_a_suite_whose_cases_cannot_be_read_takes_any(tmp_path: Path) -> None:
    (tmp_path / "odd_test.c").write_text("OWN_MACRO(cases)\n")
    check_case("odd", "whatever", tmp_path)
