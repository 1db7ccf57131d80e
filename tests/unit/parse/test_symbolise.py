# SPDX-License-Identifier: GPL-2.0-only
"""What of the evidence is looked up, and where the answers stand afterwards."""

from __future__ import annotations

from msgspec.structs import replace

from orchestrator.model.evidence import (
    Ending,
    Evidence,
    Ktap,
    KtapTest,
    Splat,
    TestResult,
    VmOutcome,
)
from orchestrator.model.symbols import CodePlace, CodeRef, ResolvedRef, SymbolTable
from orchestrator.parse.kmemleak import parse_kmemleak
from orchestrator.parse.signature import signed
from orchestrator.parse.symbolise import MAX_REFS, symbolised, wanted

LEAK = """\
unreferenced object 0xffff888003e5d200 (size 64):
  comm "orch_victim", pid 123, jiffies 4294894000
  backtrace (crc 1234abcd):
    [<ffffffff8112a3b0>] create+0x1/0x9
    caller+0x2/0x9 [mod]
"""
CASE = KtapTest("case", TestResult.FAILED, 3, 1, diagnostics=(" in_case+0x3/0x9", "no code"))
EVIDENCE = Evidence(
    VmOutcome(Ending.POWER_OFF, 0, 1.0),
    ktap=Ktap((KtapTest("suite", TestResult.FAILED, 4, 1, children=(CASE,)),)),
    splats=(signed(Splat("WARNING", "WARNING in f", 1, "f", ("WARNING: at f+0x4/0x9", " g"))),),
    leaks=parse_kmemleak(LEAK),
)
REFS = (
    CodeRef("f", 4, 9, call=False),
    CodeRef("create", 1, 9),
    CodeRef("caller", 2, 9, "mod"),
    CodeRef("in_case", 3, 9),
)
TABLE = SymbolTable(
    tuple(ResolvedRef(ref, (CodePlace(ref.function, "x.c", ref.offset),)) for ref in REFS)
)


def test_reports_leaks_and_cases_are_asked_for() -> None:
    assert wanted(EVIDENCE) == REFS
    assert wanted(Evidence(EVIDENCE.outcome)) == ()


def test_each_line_says_its_place_and_nothing_else_changes() -> None:
    shown = symbolised(EVIDENCE, TABLE)
    assert shown.splats[0].lines == ("WARNING: at f+0x4/0x9 (x.c:4)", " g")
    assert shown.splats[0].signature == EVIDENCE.splats[0].signature != ""
    assert shown.leaks[0].frames == (
        "[<ffffffff8112a3b0>] create+0x1/0x9 (x.c:1)",
        "caller+0x2/0x9 [mod] (x.c:2)",
    )
    assert shown.leaks[0].backtrace == ("create", "caller")
    said = shown.ktap.tests[0].children[0].diagnostics
    assert said == (" in_case+0x3/0x9 (x.c:3)", "no code")
    assert symbolised(EVIDENCE, SymbolTable()) == EVIDENCE


def test_there_is_an_end_to_it() -> None:
    many = tuple(f" f{number}+0x1/0x9" for number in range(MAX_REFS + 5))
    splat = replace(EVIDENCE.splats[0], lines=many)
    assert len(wanted(replace(EVIDENCE, splats=(splat,)))) == MAX_REFS
