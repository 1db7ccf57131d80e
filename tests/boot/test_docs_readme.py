# SPDX-License-Identifier: GPL-2.0-only
"""The README's commands. tests/unit/doc_lines.toml has what is known of each."""

from __future__ import annotations

import pytest
from doc_world import World
from docs_run import Known, Line, cases


@pytest.mark.parametrize(("line", "known"), cases(lambda page: page == "README.md"))
def test_line(world: World, line: Line, known: Known) -> None:
    world.type(line, known)
