# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import io
import json

from msgspec.structs import replace
from rich.console import Console

from orchestrator.model.series import FailureSpan, SeriesResult, SeriesStep
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.report.series import series_json, series_report

FOUND = Finding("ktap", Verdict.FAIL, Fault.KERNEL, "x[/bold] failed")
RESULT = SeriesResult(
    origin="s.mbox",
    command=("orchestrate", "series"),
    steps=(
        SeriesStep(0, "base", Verdict.PASS, (), "/runs/a", booted=True, complete=True),
        SeriesStep(1, "numa: [/b] \x1b[2J", Verdict.FAIL, (FOUND,), "/runs/b", booted=True),
    ),
    failures=(FailureSpan(FOUND.title, Verdict.FAIL, 1, 1, None, 1),),
    not_run=("third",),
    notes=("left out: v1, older",),
)


def test_the_tables() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(series_report(RESULT))
    rows = [line.split() for line in console.export_text().splitlines()]
    assert ["0", "base", "pass", "/runs/a"] in rows
    assert ["2", "third", "not", "run"] in rows
    assert ["x[/bold]", "failed", "patch", "1", "not", "fixed"] in rows
    assert rows[-2:] == [["note:", "left", "out:", "v1,", "older"], ["verdict:", "fail"]]
    assert "\x1b[2J" not in console.export_text()


def test_the_document() -> None:
    document = json.loads(series_json(RESULT))
    assert (document["verdict"], document["exit_code"]) == ("fail", 1)
    assert [step["verdict"] for step in document["steps"]] == ["pass", "fail"]
    assert document["failures"][0]["fixed"] is None
    assert document["not_run"] == ["third"]


def test_known_issues_stand_beside_the_words() -> None:
    known = replace(FOUND, known="it")
    green = replace(RESULT.steps[1], verdict=Verdict.PASS, findings=(known,))
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(series_report(replace(RESULT, steps=(RESULT.steps[0], green), not_run=())))
    lines = console.export_text().splitlines()
    assert sum("(1 known issue)" in line for line in lines) == 2
    assert lines[-1].split() == ["verdict:", "pass", "(1", "known", "issue)"]
