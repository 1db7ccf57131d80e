# SPDX-License-Identifier: GPL-2.0-only
"""Comparisons to report on: one with everything in it, tame or hostile, for any word."""

from __future__ import annotations

from msgspec.structs import replace

from orchestrator.model.compare import (
    Cell,
    CompareResult,
    CoveredLine,
    Difference,
    Kind,
    Line,
    Shift,
    Size,
    Word,
)
from orchestrator.model.job import Accelerator, StageTime
from orchestrator.model.verdict import EvidenceLine

DIFF = """\
--- a/kernel/kthread.c
+++ b/kernel/kthread.c
@@ -1,4 +1,6 @@
 int f(void)
 {
--- x;
+\tnever();
+++ y;
+\tran();
 }
@@ -20 +22 @@
-old
+absent
--- a/include/linux/kthread.h
+++ b/include/linux/kthread.h
@@ -1,0 +1,2 @@
+int f(void);
+"""
LINES = (
    CoveredLine("kernel/kthread.c", 3, "\tnever();", Line.NEVER),
    CoveredLine("kernel/kthread.c", 4, "++ y;", Line.RUN, 5),
    CoveredLine("kernel/kthread.c", 5, "\tran();", Line.RUN, 12),
    CoveredLine("kernel/kthread.c", 22, "absent", Line.NOT_COMPILED),
)


def difference(kind: Kind, name: str = "orch_a.case", number: int = 1) -> Difference:
    line = EvidenceLine("head-1/dmesg.log", 7, f"line {name}")
    return Difference(
        kind, name, f"title {number} {name}", "", f"head {name}", 1, 2, 3, (line,), "head-1",
        also=(f"also {name}",),
    )  # fmt: skip


def cell(name: str, kinds: tuple[Kind, ...] = tuple(Kind)) -> Cell:
    return Cell(
        config=name,
        topology="numa4",
        base_runs=3,
        head_runs=2,
        facts=40,
        varying=4,
        proven=True,
        differences=tuple(difference(kind, name) for kind in kinds),
        hints=(difference(Kind.TRACE, name),),
        shifts=(Shift("worker", 100, 250.4, 2.5, 2.1, 2.9, 0.0004, 1.25, 90, 60),),
        coverage=LINES,
        notes=(f"note {name}",),
    )


def compared(word: Word, name: str = "numa", claim: str = "") -> CompareResult:
    """A result with every field filled; `name` stands wherever a guest or a user may write."""
    differs = word is Word.DIFFERS
    return CompareResult(
        word=word,
        title=f"subject {name}",
        claim=claim,
        command=("orchestrate", "compare", name),
        started_at="2026-11-24T00:00:00+00:00",
        run_dir=f"runs/{name}",
        base=f"tree {name}",
        kernel_release="7.3.4",
        patches=(name,),
        cells=(cell(name) if differs else replace(cell(name), differences=()),),
        sizes=(Size(f"f_{name}", 100, 120), Size("gone", 8, 0)),
        error=f"error {name}" if word in (Word.BROKEN, Word.INFRASTRUCTURE) else "",
        hint=f"hint {name}",
        diff=DIFF,
        stages=(StageTime("build", 1.5, False),),
        notes=(f"all {name}",),
        took_s=61.4,
        accelerator=Accelerator("tcg", "max", f"why {name}"),
    )


def broken() -> CompareResult:
    """Nothing was built."""
    blank = compared(Word.BROKEN)
    return replace(blank, cells=(), sizes=(), diff="", base="", kernel_release="", accelerator=None)
