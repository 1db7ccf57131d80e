# SPDX-License-Identifier: GPL-2.0-only
"""docs/threats.md names tests for each threat, and they are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/threats.md").read_text()
THREATS = (
    "hostile patch", "patch with `..`", "hostile guest", "hostile log", "hostile mbox",
    "archive with `..`",
)  # fmt: skip
_NAME = re.compile(r"`(tests/[\w/.]+\.py)::([\w:]+)`")


def rows() -> list[list[str]]:
    """Cells of each row of the table; an empty first cell goes on with the threat above."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def is_there(file: str, name: str) -> bool:
    path = ROOT / file
    if not path.is_file():
        return False
    nodes: list[ast.stmt] = ast.parse(path.read_text()).body
    *classes, function = name.split("::")
    for each in classes:
        inside = [n for n in nodes if isinstance(n, ast.ClassDef) and n.name == each]
        nodes = inside[0].body if inside else []
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in nodes)


@pytest.mark.parametrize("row", rows(), ids=lambda row: " ".join(row[:2])[:50])
def test_each_row_names_tests_that_exist(row: list[str]) -> None:
    assert len(row) == 4, row
    named = _NAME.findall(row[3])
    assert named and len(named) == row[3].count("::") - row[3].count("::Test"), row[3]
    assert [pair for pair in named if not is_there(*pair)] == []


@pytest.mark.parametrize("threat", THREATS)
def test_no_threat_is_left_out(threat: str) -> None:
    assert any(row[0].startswith(threat) for row in rows())


def test_a_name_that_is_gone_is_found() -> None:
    assert is_there("tests/unit/test_threats.py", "test_a_name_that_is_gone_is_found")
    assert not is_there("tests/unit/test_threats.py", "test_gone")
    assert not is_there("tests/unit/gone.py", "test_gone")
    assert not is_there("tests/unit/report/test_compare_report.py", "TestPage::test_gone")
    assert not is_there("tests/unit/report/test_compare_report.py", "TestGone::test_gone")
