# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli.parse_ktap import command, read_report

GOLDEN = Path(__file__).parents[2] / "golden" / "parse"
PASSED = (GOLDEN / "ktap_all_passed.log").read_text()
FLAT = "KTAP version 1\n1..2\nok 1 a\nok 2 b # SKIP no node\n"


def test_an_object_a_file() -> None:
    files = [str(GOLDEN / name) for name in ("ktap_all_passed.log", "ktap_module_7.3.log")]
    done = CliRunner().invoke(command, ["--json", *files])
    assert done.exit_code == 0, done.output
    passed, failed = (json.loads(line) for line in done.output.splitlines())
    assert (passed["file"], passed["proven"]) == (files[0], True)
    keys = ("passed", "failed", "skipped", "crashed", "errors", "proven")
    assert [failed[key] for key in keys] == [3, 1, 1, 0, 0, False]
    assert failed["tests"][0]["tests"][3]["name"] == "create_fails"
    assert failed["tests"][0]["tests"][3]["result"] == "failed"


def test_words_and_standard_input() -> None:
    done = CliRunner().invoke(command, ["-"], input=b"\xff KTAP version 1\r\n\xff 1..1\r\n")
    assert "-: 0 passed, 0 failed, 0 skipped, 1 crashed, 1 errors" in done.output


@pytest.mark.parametrize("log", [PASSED, FLAT])
def test_no_truncation_is_proven(log: str) -> None:
    assert read_report("x", log.splitlines(keepends=True)).proven
    for length in range(len(log)):
        report = read_report("x", log[:length].splitlines(keepends=True))
        assert not report.proven, log[:length][-30:]


def test_without_a_plan_nothing_is_proven() -> None:
    report = read_report("x", FLAT.replace("1..2\n", "").splitlines(keepends=True))
    assert (report.passed, report.errors, report.proven) == (1, 0, False)
    assert report.doubts[0].startswith("document of line 1: no plan")


def test_what_the_kernels_parser_overlooks_is_a_doubt() -> None:
    lost = "\n".join(
        ["KTAP version 1", "1..2", "  KTAP version 1", "  1..1", "  ok 1 a",
         "  KTAP version 1", "  1..1", "  ok 1 b", "ok 2 t", ""]
    )  # fmt: skip
    report = read_report("x", lost.splitlines(keepends=True))
    assert (report.passed, report.failed, report.crashed, report.errors) == (2, 0, 0, 0)
    assert report.doubts and not report.proven
