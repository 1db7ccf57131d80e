# SPDX-License-Identifier: GPL-2.0-only
"""Hooks read what presubmit writes."""

from __future__ import annotations

import pytest

from orchestrator.model import presubmit as model
from orchestrator.model.hooks import Answer
from orchestrator.model.verdict import Verdict
from orchestrator.parse.presubmitted import read_marks
from orchestrator.report import presubmit_json as report
from orchestrator.workflow.hooks import answered

PASS = model.Mark(Verdict.PASS, "168 cases")
CRASH = model.Mark(Verdict.CRASH, "BUG: NULL")
HOST = model.Mark(Verdict.INFRASTRUCTURE, "no room")
TIME = model.left_out("not checked (time)")
NOTHING = model.nothing("a merge")


@pytest.mark.parametrize(
    ("marks", "answer", "red", "left"),
    [
        ((PASS, PASS), Answer.GREEN, (), ()),
        ((PASS, NOTHING), Answer.GREEN, (), ()),
        ((PASS, TIME), Answer.GREEN, (), ("1 boot: not checked (time)",)),
        ((TIME, TIME), Answer.UNCHECKED, (), ("1 build: not checked (time)",
                                              "1 boot: not checked (time)")),
        ((PASS, CRASH), Answer.RED, ("1 boot: BUG: NULL",), ()),
        ((TIME, CRASH), Answer.RED, ("1 boot: BUG: NULL",), ("1 build: not checked (time)",)),
        ((PASS, HOST), Answer.UNCHECKED, (), ("1 boot: no room",)),
        ((CRASH, HOST), Answer.RED, ("1 build: BUG: NULL",), ("1 boot: no room",)),
    ],
)  # fmt: skip
def test_each_outcome_is_read(
    marks: tuple[object, object], answer: Answer, red: tuple[str, ...], left: tuple[str, ...]
) -> None:
    asked = dict.fromkeys(model.Check, NOTHING)
    named = tuple({**asked, model.Check.BUILD: marks[0], model.Check.BOOT: marks[1]}.items())
    step = model.SubmitStep(1, "a" * 40, "kthread: x", model.Sort.COMMIT, (), named)
    quick = model.FullMark("compare", model.left_out("--quick"))
    result = model.Presubmit(
        tree="t", base="b", head="h", why_base="", command=(), started_at="", run_dir="",
        config="numa", topology="numa4", strict=False, steps=(step,), full=(quick,),
    )  # fmt: skip
    text = report.presubmit_json(result)
    found = answered("x", result.exit_code, read_marks(text))
    assert (found.answer, found.red, found.left) == (answer, red, left)
