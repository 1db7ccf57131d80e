# SPDX-License-Identifier: GPL-2.0-only
"""What the files test_docs_*.py share: each runs the lines of some pages, each line a test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doc_lines import Known, Line, all_lines, distinct, known, read_table


def cases(wanted: Callable[[str], bool]) -> list[object]:
    """A parameter set for each line to be run of the pages that are wanted."""
    table = read_table()
    found = []
    for line in distinct(all_lines(), table):
        about = known(line, table)
        if wanted(line.page) and not about.named:
            marks = [pytest.mark.slow] if about.slow else []
            found.append(pytest.param(line, about, marks=marks, id=line.name))
    return found


__all__ = ["Known", "Line", "cases"]
