# SPDX-License-Identifier: GPL-2.0-only
"""A module of the user's must load and go; what the kernel said of it is shown."""

from __future__ import annotations

import pytest
from green_case import green_evidence, green_plan, judged
from msgspec.structs import replace

from orchestrator.judge.case import Case
from orchestrator.judge.verdict import proven
from orchestrator.model.evidence import Evidence, KernelLog, LogRecord, ModuleRun
from orchestrator.model.job import OwnModule
from orchestrator.model.verdict import Verdict

ASKED = (OwnModule("base"), OwnModule("top", ("level=3",)))
WELL = (ModuleRun("base", 0, 0), ModuleRun("top", 0, 0))
LOG = (
    "Linux version",
    "orchestrate: module base",
    "base: begun",
    "orchestrate: module base ended with 0",
    "orchestrate: module top",
    "top: Unknown symbol f (err -2)",
    "top: Unknown symbol f (err -2)",
    "orchestrate: module top ended with 2",
    "of nobody",
)


def seen(*runs: ModuleRun) -> Evidence:
    green = green_evidence()
    records = tuple(LogRecord(number, 6, number, text) for number, text in enumerate(LOG))
    guest = replace(green.guest, modules=runs)
    return replace(green, guest=guest, log=KernelLog(records))


def test_loaded_and_unloaded_is_green() -> None:
    assert judged(seen(*WELL), modules=ASKED) == (Verdict.PASS, ())


RED = {
    "never tried": ((WELL[0],), Verdict.INCOMPLETE, "top was not loaded: it was never tried"),
    "never back": ((WELL[0], ModuleRun("top")), Verdict.INCOMPLETE, "insmod never came back"),
    "refused": ((WELL[0], ModuleRun("top", 2)), Verdict.FAIL, "top was refused: insmod ended with"),
    "not unloaded": ((WELL[0], ModuleRun("top", 0)), Verdict.INCOMPLETE, "top was not unloaded"),
    "stays": ((WELL[0], ModuleRun("top", 0, 1)), Verdict.FAIL, "top stayed: rmmod ended with 1"),
}


@pytest.mark.parametrize("what", RED)
def test_red(what: str) -> None:
    runs, verdict, title = RED[what]
    found, findings = judged(seen(*runs), modules=ASKED)
    assert found is verdict
    assert title in findings[0].title
    assert not proven(Case(green_plan(modules=ASKED), seen(*runs)))


def test_the_kernels_words() -> None:
    _, findings = judged(seen(WELL[0], ModuleRun("top", 2)), modules=ASKED)
    (line,) = findings[0].evidence
    assert (line.line, line.text) == (6, "top: Unknown symbol f (err -2)")
