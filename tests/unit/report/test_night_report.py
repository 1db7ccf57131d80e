# SPDX-License-Identifier: GPL-2.0-only
"""A night as people and programs read it, tame and hostile."""

from __future__ import annotations

import io
import json

import pytest
from msgspec.structs import replace
from rich.console import Console
from sample_results import HOSTILE

from orchestrator.cli.show_night import ended
from orchestrator.model.night import Attempt, CellKey, Night
from orchestrator.model.night_run import (
    CellEnded,
    CellResult,
    NightResult,
    Planned,
    Reason,
    Spent,
)
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.report.night_json import night_json
from orchestrator.report.night_text import night_report, plan_rows, sorted_cells

PASS, FAIL = Verdict.PASS, Verdict.FAIL
BASE, FIX = CellKey("t", "", "numa", "n2"), CellKey("t", "fix", "numa", "n2")
WIDE, ODD = CellKey("t", "fix", "numa", "n4"), CellKey("t", "", "nonuma", "n2")


def attempt(cell: CellKey, verdict: Verdict, number: int = 1) -> Attempt:
    return Attempt(
        f"{cell}{number}", cell, number, "2026-11-25T22:00:00+00:00", verdict, None, "7.3.4",
        "tree", "host", f"/runs/{verdict.value}-{number}", 4.0, None, 3.0, "",
    )  # fmt: skip


def done(cell: CellKey, *verdicts: Verdict, title: str = "it failed") -> CellResult:
    found = Finding("ktap", FAIL, Fault.KERNEL, title, hint=title)
    tries = tuple(attempt(cell, one, n) for n, one in enumerate(verdicts, start=1))
    return CellResult(cell, tries, () if verdicts == (PASS,) else (found,) * 4)


def night(*results: CellResult, not_run: tuple[CellKey, ...] = ()) -> NightResult:
    cells = (*(each.cell for each in results), *not_run)
    return NightResult(
        night=Night("id", "m", "2026-11-25T22:00:00+00:00", "", cells, not_run),
        command=("orchestrate", "nightly"),
        folder="/runs/night-1",
        tier="",
        budget_s=None,
        results=results,
        planned=tuple(Planned(cell, Reason.NEVER_RUN, "never run", 6.0, 60.0) for cell in cells),
        spent=Spent(100.0, 2, 150.0, 97.0),
        kernels=3,
        notes=("a note", "a note"),
    )


def shown(result: NightResult) -> list[str]:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(night_report(result))
    return console.export_text().splitlines()


MIXED = night(
    done(WIDE, FAIL, PASS),
    done(BASE, PASS),
    replace(done(FIX, PASS), from_run="21:00"),
    not_run=(ODD,),
)


def test_the_grid() -> None:
    rows = [line.split() for line in shown(MIXED)[:4]]
    assert rows == [
        ["tree", "patch", "config", "n2", "n4"],
        ["t", "-", "numa", "pass", "·"],
        ["t", "-", "nonuma", "not", "run", "·"],
        ["t", "fix", "numa", "pass", "*", "fail", "flaky"],
    ]


def test_what_was_found_and_the_verdict_last() -> None:
    lines = shown(MIXED)
    at = lines.index("t/fix/numa/n4: fail, then pass")
    assert lines[at + 1 : at + 8] == [
        "    fail (kernel) it failed",
        "      it failed",
        "    fail (kernel) it failed",
        "      it failed",
        "    fail (kernel) it failed",
        "      it failed",
        "    ... and 1 more",
    ]
    assert lines[at + 8] == "    run: /runs/fail-1", "the run that decides"
    assert lines[-1].startswith("verdict: fail  (2 pass, 1 fail, 1 not run)  * finished before")
    assert lines.count("note: a note") == 1
    assert "3 cells on 3 kernels, 2 at a time, in 100 s; 3.0 % of it for scheduling" in lines


def test_columns_that_say_nothing_are_left_out() -> None:
    assert shown(night(done(BASE, PASS)))[0].split() == ["tree", "config", "n2"]
    suites = replace(BASE, suites="create")
    head = shown(night(done(BASE, PASS), done(suites, PASS)))[:3]
    assert [line.split() for line in head] == [
        ["tree", "config", "suites", "n2"],
        ["t", "numa", "all", "pass"],
        ["t", "numa", "create", "pass"],
    ]


def test_many_red_cells_are_not_all_told() -> None:
    cells = [CellKey("t", f"p{n}", "numa", "n2") for n in range(30)]
    lines = shown(night(*(done(cell, FAIL, FAIL) for cell in cells)))
    assert "... and 10 more cells in night.json" in lines


def test_kernels_stand_together_whatever_was_run_first() -> None:
    assert sorted_cells(MIXED) == [BASE, ODD, WIDE, FIX]


def test_the_document() -> None:
    told = json.loads(night_json(MIXED))
    assert (told["verdict"], told["exit_code"], told["schema_version"]) == ("fail", 1, 1)
    assert told["counts"] == {"fail": 1, "pass": 2, "not run": 1}
    assert told["spent"]["overhead"] == 0.03
    first = told["cells"][0]
    assert (first["verdict"], first["flaky"], len(first["attempts"])) == ("fail", True, 2)
    assert first["cell"]["topology"] == "n4" and first["findings"][0]["title"] == "it failed"
    assert told["night"]["not_run"][0]["config"] == "nonuma"
    assert told["planned"][0]["reason"] == "never run"


def test_nothing_was_run() -> None:
    told = night(not_run=(BASE,))
    assert shown(told)[-1] == "verdict: incomplete  (1 not run)"
    assert json.loads(night_json(told))["exit_code"] == 1


@pytest.mark.parametrize("evil", [HOSTILE, "\n\x1b[31m", "[bold]x[/nope]", "\u202egnp.exe"])
def test_hostile_names_do_nothing(evil: str) -> None:
    cell = CellKey(evil, evil, evil, evil, evil)
    result = done(cell, FAIL, PASS, title=evil)
    told = replace(night(result, not_run=(BASE,)), notes=(evil,), folder=evil)
    text = "\n".join(shown(told))
    assert "\x1b" not in text and "\u202e" not in text and "\udcff" not in text
    json.loads(night_json(told))
    night_json(told).encode()
    line = ended(CellEnded(replace(result.attempts[0], headline=evil), True, 0, 1, 3.0))
    assert "\n" not in line and "\x1b" not in line
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(plan_rows([(evil, evil, evil, evil)]))
    assert "\x1b" not in console.export_text()


def test_a_line_of_the_log() -> None:
    one = replace(attempt(FIX, FAIL), headline="x" * 100)
    said = ended(CellEnded(one, True, 3, 24, 80.0))
    assert (
        said
        == f"[ 3/24] t/fix/numa/n2: fail in 4.0 s: {'x' * 70}; once more, about 1 min 20 s left"
    )
    assert ended(CellEnded(attempt(BASE, PASS), False, 24, 24, 0.0)) == (
        "[24/24] t/-/numa/n2: pass in 4.0 s"
    )
