# SPDX-License-Identifier: GPL-2.0-only
"""Suites are found by their files and chosen by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.suites import choose, shipped, suites_in
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
