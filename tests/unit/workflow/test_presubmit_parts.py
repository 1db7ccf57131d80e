# SPDX-License-Identifier: GPL-2.0-only
"""Parts of a presubmit that need no kernel: who is whose parent, what is told, suites asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from orchestrator.config.source_spec import parse_source_spec
from orchestrator.edge.store import Store
from orchestrator.model.bisect import Step
from orchestrator.model.errors import BuildBroken
from orchestrator.model.job import KernelConfig
from orchestrator.model.presubmit import Check, Mark, Sort, left_out
from orchestrator.model.progress import Note, ProgressEvent
from orchestrator.model.topology import Topology
from orchestrator.model.verdict import EvidenceLine, Verdict
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.presubmit_boots import suites_of
from orchestrator.workflow.presubmit_kernels import BASE, Kernels
from orchestrator.workflow.presubmit_paper import Warned, warnings_mark
from orchestrator.workflow.presubmit_range import Planned, Range
from orchestrator.workflow.presubmit_told import Told


def planned(number: int, node: int, sort: Sort = Sort.COMMIT, **other: Any) -> Planned:
    name = "" if sort is Sort.WORKING_TREE else f"c{node}"
    return Planned(number, name, "t", sort, node, other.get("files", ("a.c",)))


def found() -> Range:
    """Two lines from base that are merged, and something that is not committed."""
    commits = (
        Step("base", ""), Step("c1", "", parents=(0,)), Step("c2", "", parents=(0,)),
        Step("c3", "", parents=(1, 2)), Step("c4", "", parents=(3,)),
    )  # fmt: skip
    steps = (
        planned(1, 1), planned(2, 2), planned(3, 3, Sort.MERGE, files=None), planned(4, 4),
        planned(5, 4, Sort.WORKING_TREE),
    )  # fmt: skip
    return Range(Path("/r"), commits, "", steps, None, None)


def test_steps_below_one(tmp_path: Path) -> None:
    job = BootJob(
        KernelConfig(("numa",), ()), Topology("x", "", ()), None, parse_source_spec("default")
    )
    kernels = Kernels(job, found(), tmp_path / "runs", Store(tmp_path / "cache"))
    assert list(kernels.ancestors(1)) == [BASE]
    assert list(kernels.ancestors(2)) == [BASE]  # and not 1, which is on the other line
    assert list(kernels.ancestors(4)) == [3, 2, BASE]
    assert list(kernels.ancestors(5)) == [4, 3, 2, BASE]
    assert list(kernels.ancestors(BASE)) == []
    assert kernels.folder(5).name == "0005-working-tree" and kernels.folder(BASE).name == "base"


def test_suites_that_were_asked_for_and_merges() -> None:
    none = cast("Ready", None)  # no object is looked at
    assert suites_of(("create",), found(), 1, none) == (("create",), "suites as asked")
    assert suites_of((), found(), 3, none)[0] == ()
    assert suites_of((), found(), 5, none)[0] == ()  # the whole range, of which 3 is a part


@dataclass
class Kernel:
    warnings: tuple[str, ...]


@dataclass
class Built:
    kernel: Kernel


@dataclass
class Few:
    """As Kernels: what was built, with the warnings of each build."""

    warnings: dict[int, tuple[str, ...]]
    broken: dict[int, BuildBroken] = field(default_factory=dict)

    def built(self, number: int) -> Built | None:
        return Built(Kernel(self.warnings[number])) if number in self.warnings else None

    def ancestors(self, number: int) -> list[int]:
        return list(range(number - 1, -1, -1))


def mark(few: Few, warned: Warned, number: int = 2) -> Mark:
    return warnings_mark(planned(number, number), warned, cast("Kernels", few))


OLD = "../mm/a.c:3:1: warning: old [-Wx]"
NEW = "../mm/a.c:9:1: warning: new [-Wx]"


def test_the_builds_own_warnings_count() -> None:
    looked = Warned((), 1, asked=True, extra=True)
    assert mark(Few({1: (OLD,), 2: (OLD,)}), looked).verdict is Verdict.PASS
    red = mark(Few({1: (OLD,), 2: (OLD, NEW)}), looked)
    assert red.verdict is Verdict.FAIL
    assert red.lines == (EvidenceLine("mm/a.c", 9, "warning: new [-Wx]"),)
    # One that is said with W=1 as well is one.
    twice = Warned(("mm/a.c:9:1: warning: new [-Wx]",), 1, asked=True, extra=True)
    assert mark(Few({1: (OLD,), 2: (OLD, NEW)}), twice).said.startswith("1 new warning (W=1 of 1")


def test_what_does_not_build_is_passed_over() -> None:
    few = Few({0: (OLD,), 2: (OLD, NEW)}, {1: BuildBroken("no")})
    assert mark(few, Warned((), 1, asked=True, extra=True)).verdict is Verdict.FAIL
    assert mark(few, Warned(asked=True), 1) == left_out("it does not build")
    assert mark(Few({}), Warned()) == left_out("not checked (time)")
    enough = mark(Few({}), Warned((NEW,), 1, asked=True, extra=True))
    assert enough.verdict is Verdict.FAIL  # compilers said it before there was a kernel
    assert mark(Few({1: (), 2: ()}), Warned()) == left_out("not checked (time)")
    alone = mark(Few({2: (OLD,)}), Warned((), 1, asked=True, extra=True))
    assert alone.green and "the rest of the build is not compared" in alone.said


def test_each_mark_is_told_once_with_what_it_rests_on() -> None:
    notes: list[str] = []

    def hear(event: ProgressEvent) -> None:
        assert isinstance(event, Note)
        notes.append(event.text)

    told = Told((1, 2), hear)
    red = Mark(Verdict.FAIL, "x failed", (EvidenceLine("dmesg.log", 7, "said"),))
    told.put(1, Check.BOOT, red)
    told.put(1, Check.BOOT, Mark(Verdict.PASS, "later"))
    told.put(2, Check.BOOT, left_out("not checked (time)"))
    assert notes == [
        "1/2 boot: fail: x failed", "  dmesg.log:7: said", "2/2 boot: -: not checked (time)",
    ]  # fmt: skip
    assert told.marks(Check.BOOT)[0] == red and told.has(1, Check.BOOT)
    step = told.step(planned(1, 1), "interrupted")
    assert step.mark(Check.BOOT) == red and step.mark(Check.BUILD) == left_out("interrupted")
