# SPDX-License-Identifier: GPL-2.0-only
"""A presubmit as text, JSON and JUnit: what is claimed was proven, what was left out shows."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree as Xml

import pytest
from msgspec.structs import replace
from rich.console import Console
from sample_compare import compared
from sample_results import HOSTILE

from orchestrator.model.compare import Word
from orchestrator.model.job import Accelerator
from orchestrator.model.presubmit import (
    Check,
    FullMark,
    Mark,
    Presubmit,
    Sort,
    SubmitStep,
    left_out,
    nothing,
)
from orchestrator.model.verdict import EvidenceLine, Verdict
from orchestrator.report.presubmit_json import presubmit_json
from orchestrator.report.presubmit_junit import presubmit_junit
from orchestrator.report.presubmit_text import presubmit_report
from orchestrator.report.presubmit_words import paragraph

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GREEN = {
    Check.CHECKPATCH: Mark(Verdict.PASS, "clean"),
    Check.BUILD: Mark(Verdict.PASS, "3 s"),
    Check.WARNINGS: Mark(Verdict.PASS, "none new (W=1 of 1 file, and the build's)"),
    Check.BOOT: Mark(Verdict.PASS, "168 cases passed", cases=168, suites=("a", "b")),
}
TIME = left_out("not checked (time)")
RED = Mark(Verdict.FAIL, "orch_a.b failed", (EvidenceLine("dmesg.log", 7, "said"),), run_dir="/r/2")


def step(number: int, title: str = "kthread: x", name: str = COMMIT, sort: Sort = Sort.COMMIT,
         **other: Mark) -> SubmitStep:  # fmt: skip
    marks = {**GREEN, **{Check(check): mark for check, mark in other.items()}}
    own = f"{number}{name[1:]}"[: len(name)]
    return SubmitStep(number, own, title, sort, ("kernel/kthread.c",), tuple(marks.items()))


def presubmit(*steps: SubmitStep, full: tuple[FullMark, ...] = ()) -> Presubmit:
    return Presubmit(
        tree="/t",
        base=COMMIT,
        head=steps[-1].name,
        why_base="as given",
        command=("orchestrate", "presubmit"),
        started_at="2026-01-01T00:00:00+00:00",
        run_dir="/r",
        config="numa",
        topology="numa4",
        strict=False,
        steps=steps,
        full=full,
        accelerator=Accelerator("tcg", "max", "no KVM"),
        took_s=60.0,
    )


def shown(result: Presubmit) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(presubmit_report(result), soft_wrap=True)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def test_a_green_series() -> None:
    configs = FullMark("numa+kasan", Mark(Verdict.PASS, "168 cases passed", cases=168))
    same = compared(Word.SAME)
    result = presubmit(
        step(1), step(2), full=(configs, FullMark("compare", Mark(Verdict.PASS, "")))
    )
    result = replace(result, compared=same)
    said = paragraph(result)
    assert "each patch builds without new warnings (W=1) and has no checkpatch errors; " in said
    assert "each patch boots on numa4 (numa) and passes 168 cases of a, b" in said
    assert "the last one also boots and passes with numa+kasan" in said
    assert "under QEMU (TCG)" in said
    assert "differs in nothing" in said
    text = shown(result)
    assert "verdict: pass  (2 steps" in text and "not checked" not in text
    assert (result.exit_code, result.whole) == (0, True)


def test_only_what_was_proven_is_claimed() -> None:
    broken = Mark(Verdict.BUILD_BROKEN, "no")
    gone = left_out("it does not build")
    result = presubmit(
        step(1), step(2, build=broken, warnings=gone, boot=gone), step(3, boot=RED),
        step(4, checkpatch=RED, boot=TIME),
    )  # fmt: skip
    said = paragraph(result)
    assert "patches 1, 3 and 4 of 4 build without new warnings" in said
    assert "patches 1, 2 and 3 of 4 have no checkpatch errors" in said
    assert "patch 1 of 4 boots" in said
    assert "each patch" not in said
    assert (result.verdict, result.exit_code) == (Verdict.BUILD_BROKEN, 1)


def test_nothing_is_said_of_what_is_not_committed() -> None:
    working = step(1, name="", sort=Sort.WORKING_TREE)
    assert paragraph(presubmit(working)) == ""
    assert "the patch" in paragraph(presubmit(step(1), replace(working, number=2)))


def test_no_word_on_warnings_that_were_not_asked_for() -> None:
    plain = Mark(Verdict.PASS, "none new (the build's); no W=1: this tree does not tell")
    assert "W=1" not in paragraph(presubmit(step(1, warnings=plain)))
    both = Mark(Verdict.PASS, "none new (W=1 and sparse of 1 file, and the build's)")
    assert "(W=1, sparse)" in paragraph(presubmit(step(1, warnings=both)))
    assert "(W=1)" in paragraph(presubmit(step(1, warnings=both), step(2)))
    some = Mark(Verdict.PASS, "none new (no W=1 of 0 files, and the build's)")
    assert "W=1" not in paragraph(presubmit(step(1, warnings=some), step(2)))
    none = Mark(Verdict.PASS, "none new (no C file of this kernel changed, and the build's)")
    assert "(W=1)" in paragraph(presubmit(step(1, warnings=none), step(2)))


def test_what_was_left_out_shows() -> None:
    result = presubmit(step(1, boot=TIME), full=(FullMark("compare", left_out("--quick")),))
    text = shown(result)
    assert "not checked: time: boot of 1" in text and "not checked: --quick: compare" in text
    assert "verdict: pass, of the 3 checks that were made; 2 were not" in text
    assert result.exit_code == 0 and not result.whole
    assert "boots" not in paragraph(result)


def test_nothing_checked_is_no_pass() -> None:
    result = presubmit(step(1, **{check.value: TIME for check in Check}))
    assert (result.verdict, result.exit_code) == (Verdict.INCOMPLETE, 1)
    assert paragraph(result) == ""


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        ({"boot": Mark(Verdict.INFRASTRUCTURE, "no room")}, Verdict.INFRASTRUCTURE),
        (
            {"boot": Mark(Verdict.INFRASTRUCTURE, "no room"), "checkpatch": RED},
            Verdict.FAIL,
        ),
        ({"boot": Mark(Verdict.SKIP, "all skipped")}, Verdict.SKIP),
        ({"checkpatch": nothing("a merge")}, Verdict.PASS),
    ],
)
def test_the_worst_counts(marks: dict[str, Mark], verdict: Verdict) -> None:
    assert presubmit(step(1), step(2, **marks)).verdict is verdict


def test_interrupted_is_never_green() -> None:
    result = replace(presubmit(step(1)), interrupted=True)
    assert result.exit_code == 130 and "verdict: pass, of the" in shown(result)


def test_worst_news_first_and_patches_in_their_order() -> None:
    crash = Mark(Verdict.CRASH, "oops", run_dir="/r/3")
    host = Mark(Verdict.INFRASTRUCTURE, "no room")
    text = shown(presubmit(step(1, checkpatch=RED), step(2, boot=crash), step(3, boot=host)))
    assert text.index("oops") < text.index("orch_a.b failed") < text.index("no room")
    assert text.index("no room") < text.index("title")
    rows = [line for line in text.splitlines() if "kthread: x" in line]
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]


def test_base_that_fails_alike_is_told() -> None:
    red = replace(RED, signatures=("s1",))
    result = presubmit(step(1, boot=red))
    alike = replace(result, at_base=replace(red, signatures=("s1", "s2")))
    assert "in the same way: not this range's doing" in shown(alike)
    other = replace(result, at_base=replace(red, signatures=("s2",)))
    assert "same way" not in shown(other)
    assert "base boots and passes" in shown(replace(result, at_base=GREEN[Check.BOOT]))
    assert alike.exit_code == 1


@pytest.mark.parametrize("name", [HOSTILE, "\n\nverdict: pass", "[/red][bold]"])
def test_hostile_names(name: str) -> None:
    mark = Mark(Verdict.FAIL, name, (EvidenceLine(name, 1, name),), run_dir=name)
    result = presubmit(step(1, title=name, boot=mark), full=(FullMark(name, mark),))
    result = replace(result, why_base=name, run_dir=name, at_base=mark, untracked=name)
    text = shown(result)
    assert "\x1b[2J" not in text and "\n\nverdict: pass" not in text
    assert json.loads(presubmit_json(result))["exit_code"] == 1
    Xml.fromstring(presubmit_junit(result))


def test_json() -> None:
    document = json.loads(presubmit_json(presubmit(step(1, boot=RED), step(2, boot=TIME))))
    assert document["verdict"] == "fail" and document["whole"] is False
    assert document["left_out"] == ["time: boot of 2"]
    assert document["steps"][0]["marks"]["boot"]["verdict"] == "fail"
    assert document["steps"][1]["marks"]["boot"]["verdict"] is None
    assert document["paragraph"].startswith("Tested with orchestrate")


def test_junit() -> None:
    root = Xml.fromstring(presubmit_junit(presubmit(step(1, boot=RED), step(2, boot=TIME))))
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("9", "2", "1")
    green = Xml.fromstring(presubmit_junit(presubmit(step(1))))
    assert (green.get("failures"), green.get("errors")) == ("0", "0")
