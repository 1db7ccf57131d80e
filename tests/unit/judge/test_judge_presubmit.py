# SPDX-License-Identifier: GPL-2.0-only
"""A presubmit's policy: what fails, what is shown, and what is no answer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from orchestrator.judge.presubmit import fresh, of_checkpatch, of_comparison, of_warnings
from orchestrator.model.compare import (
    Cell,
    CompareResult,
    CoveredLine,
    Difference,
    Kind,
    Line,
    Word,
)
from orchestrator.model.presubmit import Remark
from orchestrator.model.verdict import EvidenceLine, Verdict

ERROR = Remark("ERROR", "SPACING", "kernel/kthread.c", 3, "space required")
WARNING = Remark("WARNING", "LONG_LINE", "kernel/kthread.c", 2, "too long")
CHECK = Remark("CHECK", "LINE_SPACING", "kernel/kthread.c", 1, "blank line")


@pytest.mark.parametrize(
    ("remarks", "strict", "verdict", "said"),
    [
        ((), False, Verdict.PASS, "clean"),
        ((ERROR,), False, Verdict.FAIL, "1 error"),
        ((WARNING, CHECK, CHECK), False, Verdict.PASS, "1 warning, 2 checks"),
        ((WARNING,), True, Verdict.FAIL, "1 warning"),
        ((CHECK,), True, Verdict.FAIL, "1 check"),
        ((), True, Verdict.PASS, "clean"),
    ],
)
def test_checkpatch(remarks: tuple[Remark, ...], strict: bool, verdict: Verdict, said: str) -> None:
    mark = of_checkpatch(remarks, int(bool(remarks)), "", strict=strict, patch="mail.patch")
    assert (mark.verdict, mark.said) == (verdict, said)


def test_errors_come_first() -> None:
    mark = of_checkpatch((CHECK, WARNING, ERROR), 1, "", strict=False, patch="mail.patch")
    assert [line.text.partition(":")[0] for line in mark.lines] == ["ERROR", "WARNING", "CHECK"]
    assert mark.lines[0] == EvidenceLine("kernel/kthread.c", 3, "ERROR:SPACING: space required")


@pytest.mark.parametrize(
    ("status", "output"),
    [(2, "Must be run from the top-level dir. of a kernel tree"), (1, ""), (127, ""), (-9, "")],
)
def test_a_checkpatch_that_did_not_run_is_no_pass(status: int, output: str) -> None:
    mark = of_checkpatch((), status, output, strict=False, patch="mail.patch")
    assert mark.verdict is Verdict.INFRASTRUCTURE


def test_warnings_are_new_wherever_they_stand() -> None:
    before = ("kernel/a.c:10:3: warning: x", "kernel/a.c:20: warning: y")
    moved = ("kernel/a.c:12:5: warning: x", "kernel/a.c:99: warning: y")
    assert fresh(before, moved) == ()
    twice = (*moved, "kernel/a.c:40: warning: x")
    assert fresh(before, twice) == ("kernel/a.c:40: warning: x",)
    assert fresh((), before) == before
    assert fresh(before, ("kernel/b.c:10:3: warning: x",)) == ("kernel/b.c:10:3: warning: x",)


def test_new_warnings_fail() -> None:
    mark = of_warnings(("kernel/a.c:12:5: warning: unused [-Wunused]",), "W=1 of 1 file", ("why",))
    assert mark.verdict is Verdict.FAIL and mark.said == "1 new warning (W=1 of 1 file); why"
    assert mark.lines == (EvidenceLine("kernel/a.c", 12, "warning: unused [-Wunused]"),)
    assert of_warnings((), "W=1 of 1 file").verdict is Verdict.PASS
    (line,) = of_warnings(("WARNING: modpost: missing X",), "the build's").lines
    assert line.text == "WARNING: modpost: missing X"


def difference(kind: Kind) -> Difference:
    return Difference(kind, "orch_a.b", "t", "", "there", 2, 2, 2)


def compared(word: Word, *kinds: Kind, claim: str = "") -> CompareResult:
    lines = (
        CoveredLine("a.c", 1, "x;", Line.RUN, 3),
        CoveredLine("a.c", 2, "y;", Line.NEVER),
        CoveredLine("a.c", 3, "", Line.NO_CODE),
    )
    cell = Cell("numa", "numa4", 3, 2, 9, 0, True, tuple(map(difference, kinds)), coverage=lines)
    return CompareResult(word, "t", claim, (), "", "/r", "base", "7.3", (), cells=(cell,))


@pytest.mark.parametrize(
    ("result", "strict", "verdict"),
    [
        (compared(Word.SAME), False, Verdict.PASS),
        (compared(Word.SAME), True, Verdict.PASS),
        (compared(Word.DIFFERS, Kind.PLACE), False, Verdict.PASS),
        (compared(Word.DIFFERS, Kind.PLACE), True, Verdict.FAIL),
        (compared(Word.DIFFERS, Kind.PLACE, claim="No functional change."), False, Verdict.FAIL),
        (compared(Word.DIFFERS, Kind.LEAK), False, Verdict.FAIL),
        (compared(Word.DIFFERS, Kind.TEST), False, Verdict.FAIL),
        (compared(Word.DIFFERS, Kind.SPLAT), False, Verdict.FAIL),
        (compared(Word.DIFFERS, Kind.ENDING), False, Verdict.FAIL),
        # Warnings are the warnings column's.
        (compared(Word.DIFFERS, Kind.WARNING), True, Verdict.PASS),
        (compared(Word.UNSURE), False, Verdict.INCOMPLETE),
        (compared(Word.BROKEN), False, Verdict.BUILD_BROKEN),
        (compared(Word.INFRASTRUCTURE), False, Verdict.INFRASTRUCTURE),
    ],
)
def test_comparisons(result: CompareResult, strict: bool, verdict: Verdict) -> None:
    assert of_comparison(result, strict=strict).verdict is verdict


def test_coverage_is_told() -> None:
    said = of_comparison(compared(Word.SAME), strict=False).said
    assert said == "no difference in 3 and 2 runs; 1 of 2 changed lines ran"
    nothing = replace(compared(Word.SAME), cells=())
    assert "no changed line has code" in of_comparison(nothing, strict=False).said
