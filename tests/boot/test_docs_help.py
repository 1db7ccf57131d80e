# SPDX-License-Identifier: GPL-2.0-only
"""Commands that `--help` shows. tests/unit/doc_lines.toml has what is known of each."""

from __future__ import annotations

import pytest
from doc_world import World
from docs_run import Known, Line, cases


@pytest.mark.parametrize(("line", "known"), cases(lambda page: page.startswith("help")))
def test_line(world: World, line: Line, known: Known) -> None:
    world.type(line, known)


@pytest.mark.parametrize(
    ("text", "about", "said"),
    [
        ("orchestrate list --no-such", Known(), "exit 2"),
        ("orchestrate list", Known(exit=1), "exit 0"),
        ("orchestrate list", Known(says="no such word"), "not said: no such word"),
        ("orchestrate list", Known(keys=[["no such prompt", "x"]]), "no such prompt"),
        ("orchestrate list", Known(stays="no such word"), "not said: no such word"),
        ("orchestrate list", Known(typed=["true", "exit 7"]), "exit 7"),
    ],
)
def test_what_does_not_hold_is_red(world: World, text: str, about: Known, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        world.type(Line("a page", text), about)
