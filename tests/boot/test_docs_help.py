# SPDX-License-Identifier: GPL-2.0-only
"""Commands that `--help` shows. tests/unit/doc_lines.toml has what is known of each."""

from __future__ import annotations

import pytest
from doc_world import World
from docs_run import Known, Line, cases


@pytest.mark.parametrize(("line", "known"), cases(lambda page: page.startswith("help")))
def test_line(world: World, line: Line, known: Known) -> None:
    world.type(line, known)
