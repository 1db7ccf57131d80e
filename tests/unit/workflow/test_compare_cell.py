# SPDX-License-Identifier: GPL-2.0-only
"""How many runs of both sides a comparison makes, and what it concludes; boots are invented."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.config.source_spec import DefaultSource
from orchestrator.edge.store import Store
from orchestrator.model.compare import Cell, Kind, Word
from orchestrator.model.errors import BuildBroken, InfrastructureError
from orchestrator.model.evidence import (
    Ending,
    Evidence,
    GuestReport,
    KernelLog,
    Ktap,
    KtapTest,
    LogRecord,
    Splat,
    TestResult,
    Trace,
    TraceEvent,
    VmOutcome,
)
from orchestrator.model.job import (
    Accelerator,
    BuiltKernel,
    BuiltModule,
    KernelConfig,
    RunResult,
    Tree,
)
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Progress, silent
from orchestrator.model.topology import Node, Topology
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.workflow import compare_cell as under_test
from orchestrator.workflow import compare_sides
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.compare import _verdict
from orchestrator.workflow.compare_cell import compare_cell
from orchestrator.workflow.compare_sides import Sides

TOPOLOGY = Topology("one", "", (Node(0, (0,), 64),), ((10,),))
TREE = Tree(Path("tree"), "tree-1", "7.3.4", "default")
JOB = BootJob(KernelConfig(("numa",), ()), TOPOLOGY, None, DefaultSource())
Boot = Callable[[str, int], RunResult]  # side, number of the run, 1-based


def evidence(
    passed: bool = True,
    flags: str = "800700",
    splats: tuple[Splat, ...] = (),
    step_s: float = 1.0,
) -> Evidence:
    rows = (
        ("orch_case", 70, {"suite": "s", "case": "c", "param": "-", "pid": "70"}),
        ("task_newtask", 2, {"pid": "71", "comm": "kthreadd", "clone_flags": flags}),
        ("orch_case_end", 70, {"suite": "s", "case": "c", "param": "-"}),
    )
    events = tuple(
        TraceEvent(1.0 + n * step_s, 0, "t", pid, name, tuple(fields.items()), n)
        for n, (name, pid, fields) in enumerate(rows)
    )
    case = KtapTest("c", TestResult.PASSED if passed else TestResult.FAILED, 2, 1)
    return Evidence(
        outcome=VmOutcome(Ending.POWER_OFF, 0, 1.0, 0.5),
        guest=GuestReport(begun=True, ended=True, kernel_release="7.3.4"),
        ktap=Ktap((KtapTest("s", case.result, 3, 1, children=(case,)),)),
        trace=Trace(events, ended=True),
        log=KernelLog((LogRecord(0, 6, 1, "x"),)),
        splats=splats,
    )


def run(found: Evidence | None, verdict: Verdict = Verdict.PASS, *findings: Finding) -> RunResult:
    return RunResult(verdict, findings, Path("r"), (), "", evidence=found)


GREEN = run(evidence())
RED = run(evidence(passed=False), Verdict.FAIL)
OTHER = run(evidence(flags="800300"))
SLOW = run(evidence(step_s=10.0))
LOST = run(None, Verdict.INFRASTRUCTURE, Finding("x", Verdict.INFRASTRUCTURE, Fault.OURS, "disk"))
CRASH = run(
    evidence(splats=(Splat("oops", "oops in f", 1),)),
    Verdict.CRASH,
    Finding("splats", Verdict.CRASH, Fault.KERNEL, "oops in f"),
)


class Machines:
    """Stands for builds and boots; keeps how often each side was booted."""

    def __init__(self, tmp_path: Path, base: Boot | RunResult, head: Boot | RunResult) -> None:
        self.boots = {"base": 0, "head": 0}
        self.given: dict[str, Boot] = {
            side: (lambda _side, _number, given=given: given)
            if isinstance(given, RunResult)
            else given
            for side, given in (("base", base), ("head", head))
        }
        self.lock = threading.Lock()
        self.folder = tmp_path

    def ready(
        self,
        _job: BootJob,
        tree: Tree,
        mails: tuple[PatchMail, ...],
        _store: Store,
        run_dir: Path,
        _progress: Progress,
        _sibling: Ready | None = None,
    ) -> Ready:
        none = self.folder
        kernel = BuiltKernel(run_dir.name, "7.3.4", none, none, none, none, none, cached=True)
        module = BuiltModule("m", none, (), cached=True)
        return Ready(tree, mails, (), kernel, module, Accelerator("tcg", "max", ""))

    def boot(
        self, _job: BootJob, ready: Ready, _clock: Progress, blank: RunResult, stop: object
    ) -> RunResult:
        side = ready.kernel.key
        with self.lock:
            self.boots[side] += 1
        number = int(blank.run_dir.name.rpartition("-")[2])
        return replace(self.given[side](side, number), run_dir=blank.run_dir)


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Cell]]:
    """compare(base, head, least, most) → the cell; compare.boots → runs of each side."""
    before = threading.active_count()

    def call(base: Boot | RunResult, head: Boot | RunResult, least: int = 2, most: int = 4) -> Cell:
        machines = Machines(tmp_path, base, head)
        call.boots = machines.boots  # type: ignore[attr-defined]
        monkeypatch.setattr(under_test, "make_ready", machines.ready)
        monkeypatch.setattr(compare_sides, "boot_ready", machines.boot)
        call.number = getattr(call, "number", 0) + 1  # type: ignore[attr-defined]
        folder = tmp_path / f"runs-{call.number}"  # type: ignore[attr-defined]
        sides = Sides(JOB, TREE, (), (), Store(tmp_path / "store"), folder, folder)
        cell, _, _ = compare_cell(sides, least, most, silent)
        return cell

    yield call
    assert threading.active_count() == before  # no machine is left running


Compare = Callable[..., Cell]


def word(cell: Cell) -> Word:
    return _verdict([cell])


def in_runs(result: RunResult, *numbers: int) -> Boot:
    return lambda _side, number: result if number in numbers else GREEN


def test_the_same(compare: Compare) -> None:
    cell = compare(GREEN, GREEN)
    assert word(cell) is Word.SAME
    assert (cell.base_runs, cell.head_runs, cell.facts, cell.proven) == (3, 2, 2, True)


def test_a_failed_test_needs_no_second_look(compare: Compare) -> None:
    cell = compare(GREEN, RED)
    assert word(cell) is Word.DIFFERS
    assert [d.kind for d in cell.differences] == [Kind.TEST]
    assert (cell.base_runs, cell.head_runs) == (2, 1)


def test_a_failure_now_and_then_is_a_difference(compare: Compare) -> None:
    assert word(compare(GREEN, in_runs(RED, 2))) is Word.DIFFERS


def test_a_crash_is_asked_about_once(compare: Compare) -> None:
    cell = compare(GREEN, CRASH)
    assert word(cell) is Word.DIFFERS
    assert (cell.head_runs, cell.proven) == (1, False)


def test_a_crash_of_base_is_no_difference(compare: Compare) -> None:
    cell = compare(CRASH, CRASH)
    assert word(cell) is Word.UNSURE
    assert "base itself does not run to its end" in cell.notes[0]
    assert cell.differences == ()


def test_a_crash_that_the_patch_mends(compare: Compare) -> None:
    cell = compare(CRASH, GREEN)
    assert (word(cell), cell.differences) == (Word.UNSURE, ())


def test_what_noise_looks_like_is_asked_three_times(compare: Compare) -> None:
    cell = compare(GREEN, OTHER)
    assert word(cell) is Word.DIFFERS
    assert [d.kind for d in cell.differences] == [Kind.TRACE]
    assert cell.head_runs == 3


def test_seen_twice_of_three_times_it_is_a_hint(compare: Compare) -> None:
    cell = compare(GREEN, in_runs(OTHER, 1, 2))
    assert word(cell) is Word.SAME
    assert (cell.hints[0].kind, cell.hints[0].seen_in, cell.hints[0].of_head) == (Kind.TRACE, 2, 3)


def test_noise_of_base_is_no_difference(compare: Compare) -> None:
    cell = compare(in_runs(OTHER, 2), OTHER)
    assert (word(cell), cell.differences, cell.hints) == (Word.SAME, (), ())
    assert cell.varying >= 1


def test_noise_is_remembered(compare: Compare) -> None:
    compare(in_runs(OTHER, 2), GREEN)
    cell = compare(GREEN, OTHER)
    assert (word(cell), cell.differences) == (Word.SAME, ())


def test_too_few_runs_settle_nothing(compare: Compare) -> None:
    """All that was asked for shows it, but three times was not allowed: that is not "same"."""
    for most in (1, 2):
        cell = compare(GREEN, OTHER, 1, most)
        assert (cell.head_runs, word(cell)) == (most, Word.UNSURE)
        assert cell.hints and not cell.differences


def test_speed_alone_is_asked_about_six_times(compare: Compare) -> None:
    cell = compare(GREEN, SLOW, most=6)
    assert word(cell) is Word.DIFFERS
    assert ([d.kind for d in cell.differences], cell.head_runs) == ([Kind.SLOW], 6)


@pytest.mark.parametrize("quick", [3, 6])
def test_a_host_that_starves_one_side_for_a_while_is_no_slow_kernel(
    compare: Compare, quick: int
) -> None:
    cell = compare(GREEN, in_runs(SLOW, *({*range(1, 7)} - {quick})), most=6)
    assert (word(cell), cell.differences, cell.head_runs) == (Word.SAME, (), quick)


def test_slow_in_too_few_runs_settles_nothing(compare: Compare) -> None:
    cell = compare(GREEN, SLOW, most=4)
    assert (word(cell), cell.differences) == (Word.UNSURE, ())
    assert [hint.kind for hint in cell.hints] == [Kind.SLOW]


def test_a_failed_test_is_told_though_it_was_slow_as_well(compare: Compare) -> None:
    slow_and_red = run(evidence(passed=False, step_s=10.0), Verdict.FAIL)
    cell = compare(GREEN, slow_and_red)
    assert (word(cell), cell.head_runs) == (Word.DIFFERS, 1)
    assert Kind.TEST in {d.kind for d in cell.differences}


def test_a_run_the_machine_failed_is_made_again(compare: Compare) -> None:
    cell = compare(GREEN, in_runs(LOST, 1))
    assert word(cell) is Word.SAME
    assert (cell.head_runs, compare.boots["head"]) == (2, 3)  # type: ignore[attr-defined]
    assert "1 runs had to be repeated" in cell.notes[0]


def test_a_machine_that_always_fails(compare: Compare) -> None:
    with pytest.raises(InfrastructureError, match="runs keep failing: disk"):
        compare(GREEN, LOST)


def test_a_cpu_that_only_the_patched_kernel_lacks_is_its_fault(compare: Compare) -> None:
    title = "the guest is not the machine asked for: node 1 has CPUs [] instead of [1]"
    finding = Finding("guest-view", Verdict.INFRASTRUCTURE, Fault.OURS, title)
    lacking = run(evidence(), Verdict.INFRASTRUCTURE, finding)
    cell = compare(GREEN, lacking)
    assert word(cell) is Word.DIFFERS
    assert cell.differences[0].title == title
    with pytest.raises(InfrastructureError):
        compare(lacking, lacking)


def test_a_red_base_is_told(compare: Compare) -> None:
    cell = compare(RED, RED)
    assert (word(cell), cell.differences) == (Word.SAME, ())
    assert "base itself is not green (fail)" in cell.notes[0]


def test_what_is_mended_is_not_the_same(compare: Compare) -> None:
    """The verdict differs, so it is no proof of equality, and no fault either."""
    cell = compare(RED, GREEN)
    assert cell.differences == ()
    assert word(cell) is not Word.DIFFERS


def test_a_base_that_does_not_build_says_so(
    compare: Compare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> Ready:
        raise BuildBroken("cc failed")

    monkeypatch.setattr(under_test, "make_ready", broken)
    sides = Sides(JOB, TREE, (), (), Store(tmp_path / "s"), tmp_path, tmp_path)
    with pytest.raises(BuildBroken) as raised:
        compare_cell(sides, 1, 1, silent)
    assert raised.value.message == "base, without the patch: cc failed"


def test_cells_together() -> None:
    blank = Cell("c", "t", 2, 2, 10, 0, proven=True, differences=())
    other = replace(blank, proven=False)
    assert _verdict([blank, blank]) is Word.SAME
    assert _verdict([blank, other]) is Word.UNSURE
    assert _verdict([]) is Word.UNSURE
