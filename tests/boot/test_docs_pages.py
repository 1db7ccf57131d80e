# SPDX-License-Identifier: GPL-2.0-only
"""Commands of the other documents. tests/unit/doc_lines.toml has what is known of each."""

from __future__ import annotations

import pytest
from doc_world import World
from docs_run import Known, Line, cases


def is_document(page: str) -> bool:
    return page != "README.md" and not page.startswith("help")


@pytest.mark.parametrize(("line", "known"), cases(is_document))
def test_line(world: World, line: Line, known: Known) -> None:
    world.type(line, known)


def test_a_report_that_nothing_opens(world: World) -> None:
    """As in a guest or a container."""
    line = "program=$(command -v orchestrate); PATH=/nowhere $program report {run} --open"
    about = Known(before=["green"], typed=[line], exit=3, says="nothing here opens a page")
    world.type(Line("docs/report.md", ""), about)
