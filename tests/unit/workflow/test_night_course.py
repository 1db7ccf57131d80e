# SPDX-License-Identifier: GPL-2.0-only
"""A night to its end, interrupted, and gone on with; machines are fakes, files are real."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fake_hands import FakeHands, no_space, tried
from msgspec.structs import replace

from orchestrator.edge.night_files import Begun, NightJournal
from orchestrator.model.errors import BuildBroken
from orchestrator.model.job import RunResult
from orchestrator.model.matrix import Matrix
from orchestrator.model.night import Attempt, CellKey, Night
from orchestrator.model.night_run import CellResult, NightResult, kernel_of
from orchestrator.model.progress import silent
from orchestrator.model.verdict import Verdict
from orchestrator.plan.night_order import NOTHING
from orchestrator.plan.night_schedule import Limits
from orchestrator.plan.night_times import Expected
from orchestrator.report.document import document, to_json
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.night_course import Course
from orchestrator.workflow.night_prepare import NightJob, Prepared

PASS, FAIL, INFRA = Verdict.PASS, Verdict.FAIL, Verdict.INFRASTRUCTURE
A1, A2, B1 = CELLS = tuple(
    CellKey(tree, "", "numa", machine) for tree, machine in (("a", "1"), ("a", "2"), ("b", "1"))
)


@dataclass
class Inputs:
    """changed: what makes keys of cells others."""

    changed: str = ""

    def key(self, cell: CellKey) -> str:
        return f"{cell} {self.changed}"


@dataclass
class Told:
    """A memory that only remembers."""

    nights: list[Night] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def recent(self, cell: CellKey) -> tuple[Attempt, ...]:
        return ()

    def begin(self, night: Night) -> None:
        self.nights.append(night)

    def note(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)

    def end(self, night: Night) -> None:
        self.nights.append(night)


@dataclass
class World:
    """One folder for the night and its journal, any number of commands."""

    folder: Path
    memory: Told = field(default_factory=Told)
    notes: list[str] = field(default_factory=list)

    def run(
        self, hands: FakeHands, changed: str = "", budget_s: float | None = None
    ) -> NightResult:
        journal = NightJournal(self.folder.parent / "journal")
        begun = journal.begun or Begun(str(uuid.uuid4()), tried(A1, PASS).attempt.started_at,
                                       str(self.folder))  # fmt: skip
        journal.begin(begun)
        hands.run_dir = str(self.folder / "run")
        matrix = Matrix("m", Path("m.toml"), (), (), ())
        times = Expected(dict.fromkeys(CELLS, 0.1), dict.fromkeys(map(kernel_of, CELLS), 0.1))
        found = Prepared(
            cast(Any, Inputs(changed)),
            CELLS,
            dict.fromkeys(CELLS, NOTHING),
            times,
            Limits(2, 9999, lambda _cell: 1, budget_s),
            frozenset(),
        )
        clock = Clock(silent)
        course = Course(
            NightJob(matrix, budget_s=budget_s), found, self.memory, journal, begun, clock, hands,
            silent, time.monotonic(),
        )  # fmt: skip
        try:
            result = course.run()
        finally:
            self.notes = clock.notes
        journal.close()
        return result

    @property
    def json(self) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads((self.folder / "night.json").read_text()))

    def runs(self, verdict: Verdict) -> None:
        """What attempts left: a run that says so."""
        run = RunResult(verdict, (), self.folder / "run", (), tried(A1, PASS).attempt.started_at)
        (self.folder / "run").mkdir(exist_ok=True)
        (self.folder / "run" / "run.json").write_text(to_json(document(run)))


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "night").mkdir()
    return World(tmp_path / "night")


def by_cell(result: NightResult) -> dict[CellKey, CellResult]:
    return {each.cell: each for each in result.results}


def test_a_night_is_told_to_its_memory_and_left_in_its_folder(world: World) -> None:
    result = world.run(FakeHands({A2: [FAIL, PASS]}))
    assert [each.cell for each in result.results] == list(CELLS)
    assert result.verdict is FAIL and result.verdict.exit_code == 1
    assert [each.number for each in world.memory.attempts if each.cell == A2] == [1, 2]
    begun, ended = world.memory.nights
    assert (begun.ended_at, begun.cells, begun.id) == ("", CELLS, ended.id)
    assert ended.ended_at and not ended.not_run
    assert world.json["verdict"] == "fail" and not world.json["interrupted"]
    assert not (world.folder.parent / "journal").exists()


def test_fail_then_pass_stays_red_and_is_called_flaky(world: World) -> None:
    flaky = by_cell(world.run(FakeHands({A2: [FAIL, PASS]})))[A2]
    assert (flaky.verdict, flaky.flaky) == (FAIL, True)
    assert flaky.findings[0].title == "it is fail", "of the attempt that decides"
    assert world.json["cells"][1]["flaky"] is True


def test_a_failure_of_the_host_is_no_flakiness(world: World) -> None:
    once = by_cell(world.run(FakeHands({A2: [INFRA, PASS]})))[A2]
    assert (once.verdict, once.flaky) == (PASS, False)


@pytest.mark.parametrize(
    ("said", "verdict", "code"),
    [
        ({}, PASS, 0),
        ({A1: [INFRA, INFRA]}, INFRA, 3),
        ({A1: [INFRA, INFRA], A2: [FAIL, FAIL]}, FAIL, 1),
        ({A1: [Verdict.SKIP]}, Verdict.SKIP, 1),
        ({A1: [Verdict.CRASH, PASS], A2: [FAIL, FAIL]}, Verdict.CRASH, 1),
    ],
)
def test_exit_codes(
    world: World, said: dict[CellKey, list[Verdict | BaseException]], verdict: Verdict, code: int
) -> None:
    result = world.run(FakeHands(said))
    assert (result.verdict, result.verdict.exit_code) == (verdict, code)


def test_a_build_that_fails(world: World) -> None:
    broken = {kernel_of(A1): [BuildBroken("cc failed")]}
    result = world.run(FakeHands(broken=dict(broken)))
    assert {cell: each.verdict for cell, each in by_cell(result).items()} == {
        A1: Verdict.BUILD_BROKEN,
        A2: Verdict.BUILD_BROKEN,
        B1: PASS,
    }
    assert result.verdict.exit_code == 1


def test_what_there_was_no_time_for_is_said_and_counts_for_nothing(world: World) -> None:
    result = world.run(FakeHands(boot_s=0.4), budget_s=0.35)
    left = set(result.night.not_run)
    assert left and left | set(by_cell(result)) == set(CELLS)
    assert result.verdict is PASS and result.verdict.exit_code == 0
    assert world.json["counts"]["not run"] == len(left)


def test_no_time_at_all_proves_nothing(world: World) -> None:
    result = world.run(FakeHands(), budget_s=0.01)
    assert (result.verdict, len(result.night.not_run)) == (Verdict.INCOMPLETE, 3)


def interrupted(world: World, hands: FakeHands, cells: int = 1) -> None:
    """Ctrl-C when so many boots have begun."""

    def kill() -> None:
        while len(hands.boots) < cells:
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=kill)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        world.run(hands)
    thread.join()


def test_interrupted_and_gone_on_with(world: World) -> None:
    world.runs(PASS)
    interrupted(world, FakeHands(boot_s=0.3), cells=3)
    told = world.json
    assert told["interrupted"] and told["exit_code"] == 1 and told["night"]["ended_at"] == ""
    done = {each["cell"]["tree"] + each["cell"]["topology"] for each in told["cells"]}
    assert done == {"a1", "a2"}
    assert "interrupted, 2 of 3 cells are finished; the same" in world.notes[-1]
    hands = FakeHands()
    result = world.run(hands)
    assert hands.boots == [(B1, 1)], "what is finished is not run again"
    assert [bool(each.from_run) for each in result.results] == [True, True, False]
    assert "2 of 3 cells are finished" in world.notes[0]
    assert len({night.id for night in world.memory.nights}) == 1, "it is the same night"
    assert result.verdict is PASS


def test_what_changed_since_is_run_again(world: World) -> None:
    world.runs(PASS)
    interrupted(world, FakeHands(boot_s=0.3), cells=3)
    hands = FakeHands()
    world.run(hands, changed="a tree")
    assert len(hands.boots) == 3


def test_whose_run_is_gone_is_run_again(world: World) -> None:
    interrupted(world, FakeHands(boot_s=0.3), cells=3)
    hands = FakeHands()
    world.run(hands)
    assert len(hands.boots) == 3


def test_an_interruption_does_not_hide_the_failure_before_a_retry(world: World) -> None:
    world.runs(FAIL)
    hands = FakeHands({A1: [FAIL]}, boot_s=0.3)
    interrupted(world, hands, cells=4)
    assert (A1, 2) in hands.boots, "it was interrupted in the second try"
    again = FakeHands()
    result = by_cell(world.run(again))[A1]
    assert (A1, 2) in again.boots and (A1, 1) not in again.boots
    assert [each.verdict for each in result.attempts] == [FAIL, PASS]
    assert (result.verdict, result.flaky) == (FAIL, True)


def test_a_failure_of_the_host_before_an_interruption_is_forgotten(world: World) -> None:
    world.runs(INFRA)
    interrupted(world, FakeHands({A1: [INFRA, INFRA]}, boot_s=0.3), cells=4)
    again = FakeHands()
    assert by_cell(world.run(again))[A1].verdict is PASS
    assert (A1, 1) in again.boots


def test_what_stops_a_night_is_told_even_if_nothing_can_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_night: Night) -> None:
        raise no_space()

    monkeypatch.setattr(world.memory, "end", full)
    interrupted(world, FakeHands(boot_s=0.3))


def test_attempts_of_a_run(tmp_path: Path) -> None:
    """Known issues are nobody's failure, and no headline."""
    from orchestrator.workflow.night_attempt import attempt

    found = tried(A1, FAIL).findings[0]
    known = replace(found, title="an old one", known="id")
    run = SimpleNamespace(
        verdict=FAIL, findings=(known, found, found), stages=(), evidence=None, kernel_release="7",
        started_at="2026-11-25T22:00:00+00:00", run_dir=tmp_path,
    )  # fmt: skip
    row = attempt(cast(Any, run), A1, 1, "tree", 1.23456)
    assert (row.headline, row.titles, row.wall_s) == ("it is fail", ("it is fail",), 1.235)
    run.findings = (known,)
    row = attempt(cast(Any, run), A1, 1, "tree", 1.0)
    assert (row.headline, row.titles, row.fault) == ("", (), None)
