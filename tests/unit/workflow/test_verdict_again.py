# SPDX-License-Identifier: GPL-2.0-only
"""Symbols and known issues are kept in the run directory, so a verdict can be repeated."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.model import rundir as names
from orchestrator.model.errors import UsageError
from orchestrator.model.evidence import Ending, Evidence, Splat, VmOutcome
from orchestrator.model.job import BuiltKernel, BuiltModule, Plan, RunResult
from orchestrator.model.known import KnownIssue, Proof
from orchestrator.model.progress import Note, ProgressEvent
from orchestrator.model.symbols import CodePlace, CodeRef, ResolvedRef, SymbolTable
from orchestrator.model.topology import Node, Topology
from orchestrator.model.verdict import Verdict
from orchestrator.parse.signature import signature
from orchestrator.parse.splats import parse_splats
from orchestrator.report.document import document, to_json
from orchestrator.workflow.rejudge import rejudge
from orchestrator.workflow.verdict import judged, keep_issues, kept, look_up

CONSOLE = """\
[    1.000000][   T7] WARNING: kernel/f.c:3 at f+0x10/0x20, CPU#0: x/7
[    1.000000][   T7] RIP: 0010:f+0x10/0x20
[    1.000000][   T7] Call Trace:
[    1.000000][   T7]  g+0x20/0x30
[    1.000000][   T7] ---[ end trace 0000000000000000 ]---
"""
G = CodeRef("g", 0x20, 0x30)
TABLE = SymbolTable((ResolvedRef(G, (CodePlace("g", "kernel/g.c", 9),)),), ("a note",))
PLAN = Plan("0123456789abcdef", (), Topology("one", "", (Node(0, (0,), 512),)), True, True)
OUTCOME = VmOutcome(Ending.POWER_OFF, 0, 3.0)
SIGNATURE = signature(parse_splats(CONSOLE.splitlines())[0]).id
ISSUES = (
    KnownIssue(
        "it",
        "who",
        "why",
        datetime.date(2026, 11, 24),
        signature=SIGNATURE,
        proof=Proof("base/run.json", "7.3.4", "upstream", "numa", "", (SIGNATURE,)),
    ),
)


def run_in(folder: Path, started_at: str = "2026-11-24T23:00:00+00:00") -> RunResult:
    """A run directory as it is before its verdict."""
    result = RunResult(
        Verdict.FAIL, (), folder, (), started_at, kernel_release="7.3.4", config="numa"
    )
    rundir.write(folder, names.CONSOLE, CONSOLE)
    rundir.write(folder, names.PLAN, to_json(PLAN))
    rundir.write(folder, names.VM, to_json(OUTCOME))
    rundir.write(folder, names.RUN, to_json(document(result)))
    return result


def test_what_was_looked_up_is_shown_again(tmp_path: Path) -> None:
    run_in(tmp_path)
    plain, _ = rejudge(tmp_path)
    rundir.write(tmp_path, names.SYMBOLS, to_json(TABLE))
    again, _ = rejudge(tmp_path)
    shown = [line.text for line in again.findings[0].evidence]
    assert shown[-1].endswith(" g+0x20/0x30 (kernel/g.c:9)")
    assert again.symbols == TABLE
    assert [one.signature for one in again.findings] == [one.signature for one in plain.findings]
    assert again.findings[0].signature == SIGNATURE


def test_known_issues_are_known_again_and_by_the_day_of_the_run(tmp_path: Path) -> None:
    run_in(tmp_path)
    keep_issues(tmp_path, ISSUES)
    again, _ = rejudge(tmp_path)
    assert again.findings[0].known == "it"
    assert again.known_issues == ISSUES
    late = tmp_path / "late"
    late.mkdir()
    run_in(late, started_at="2026-11-25T00:00:00+00:00")
    keep_issues(late, ISSUES)
    assert rejudge(late)[0].findings[0].known == ""


def test_objections_come_with_the_verdict(tmp_path: Path) -> None:
    result = replace(run_in(tmp_path), plan=PLAN)
    evidence = Evidence(OUTCOME, splats=(Splat("WARNING", "w", 1, signature=SIGNATURE),))
    refused = (replace(ISSUES[0], refused="no proof"),)
    done, notes = judged(result, evidence, SymbolTable(), refused)
    assert notes == ("known issue it does not count: no proof",)
    assert done.known_issues == ()


def test_nothing_is_kept_of_nothing(tmp_path: Path) -> None:
    keep_issues(tmp_path, ())
    assert list(tmp_path.iterdir()) == []
    assert kept(tmp_path) == (SymbolTable(), ())


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    run_in(tmp_path)
    (tmp_path / names.SYMBOLS).write_text('{"resolved": 7}')
    with pytest.raises(UsageError, match="cannot be judged"):
        rejudge(tmp_path)


def test_a_pass_whose_machine_is_gone_is_not_repeated(tmp_path: Path) -> None:
    """Nothing would be judged then, and run.json's word be given back as if it were proven."""
    result = run_in(tmp_path)
    (tmp_path / names.VM).unlink()
    assert rejudge(tmp_path)[0].verdict is Verdict.FAIL, "one that never booted keeps its own"
    for changed in (replace(document(result), verdict=Verdict.PASS),
                    replace(document(result), outcome=OUTCOME)):  # fmt: skip
        rundir.write(tmp_path, names.RUN, to_json(changed))
        with pytest.raises(UsageError, match="cannot be judged"):
            rejudge(tmp_path)


def test_what_cannot_be_looked_up_is_a_note_and_no_other_verdict(tmp_path: Path) -> None:
    (tmp_path / "vmlinux").write_text("no ELF")
    built = BuiltKernel(
        "k", "7.3.4", tmp_path, tmp_path, tmp_path / "vmlinux", tmp_path, tmp_path, False
    )
    module = BuiltModule("m", tmp_path / "orch_core.ko", (), False)
    evidence = Evidence(OUTCOME, splats=parse_splats(CONSOLE.splitlines()))
    said: list[ProgressEvent] = []
    assert look_up(evidence, built, module, tmp_path, said.append) == SymbolTable()
    assert [isinstance(event, Note) and "cannot be read" in event.text for event in said] == [True]
    assert not (tmp_path / names.SYMBOLS).exists()
    assert look_up(Evidence(OUTCOME), built, module, tmp_path, said.append) == SymbolTable()
    assert len(said) == 1, "nothing is opened for a log without references"
