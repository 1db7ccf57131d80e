# SPDX-License-Identifier: GPL-2.0-only
"""Each crash format has a golden log whose first lines say what must be found in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from parse_golden import GOLDEN

from orchestrator.parse.prefix import strip_prefix
from orchestrator.parse.splat_rules import RULES, first_match
from orchestrator.parse.splat_scan import SIGNALS
from orchestrator.parse.splats import find_splats

LOGS = sorted((GOLDEN / "reports").glob("*.log"))
_HEADER = re.compile(r"# (\w+): ?(.*)")


def _expected(log: Path) -> dict[str, str]:
    matches = map(_HEADER.match, log.read_text().splitlines())
    return {match[1]: match[2] for match in matches if match}


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
def test_the_report_is_found_named_and_placed(log: Path) -> None:
    roots = [splat for splat in find_splats([log.read_bytes()]) if splat.cause is None]
    got = [
        {
            "kind": splat.kind,
            "title": splat.title,
            "function": splat.function,
            "line": str(splat.line),
            "fatal": "yes" if splat.fatal else "no",
        }
        for splat in roots
    ]
    assert got == [_expected(log)]


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
def test_without_its_report_a_log_has_none(log: Path) -> None:
    before = log.read_bytes().splitlines(keepends=True)[: int(_expected(log)["line"]) - 1]
    assert list(find_splats([b"".join(before)])) == []


@pytest.mark.parametrize("number", range(len(RULES)), ids=lambda n: RULES[n].pattern.pattern[:40])
def test_each_row_has_a_log_that_it_finds(number: int) -> None:
    def finds(line: str) -> bool:
        found = first_match(strip_prefix(line).lstrip())
        return found is not None and found[0] is RULES[number]

    assert any(finds(line) for log in LOGS for line in log.read_text().splitlines())


def test_every_line_that_a_row_matches_has_a_word_that_is_looked_for() -> None:
    for log in LOGS:
        for line in log.read_text().splitlines():
            if first_match(strip_prefix(line).lstrip()):
                assert any(word in line.encode() for word in SIGNALS), line
