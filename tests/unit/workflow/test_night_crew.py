# SPDX-License-Identifier: GPL-2.0-only
"""A crew at work, in real threads: what is shared, what is tried again, how it is interrupted."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from fake_hands import FakeHands, no_space, tried

from orchestrator.model.errors import BuildBroken, PatchBroken
from orchestrator.model.night import CellKey
from orchestrator.model.night_run import CellEnded, CellStarted, NightEvent, kernel_of
from orchestrator.model.verdict import Verdict
from orchestrator.plan.night_schedule import Board, Limits
from orchestrator.plan.night_times import Expected
from orchestrator.workflow.night_crew import Crew, Tried

PASS, FAIL, SKIP = Verdict.PASS, Verdict.FAIL, Verdict.SKIP
CELLS = tuple(
    CellKey(tree, "", "numa", machine) for tree, machine in itertools.product("ab", "123")
)
A1, A2, A3, B1, B2, B3 = CELLS
A, B = kernel_of(A1), kernel_of(B1)


@dataclass
class Night:
    """A crew, and what it told."""

    hands: FakeHands
    slots: int = 2
    budget_s: float | None = None
    mem_mib: int = 10_000
    cells: tuple[CellKey, ...] = CELLS
    boot_s: float = 0.01  # expected
    events: list[NightEvent] = field(default_factory=list)
    ended: list[tuple[CellKey, int, bool]] = field(default_factory=list)

    def crew(self) -> Crew:
        times = Expected(dict.fromkeys(CELLS, self.boot_s), {A: 0.01, B: 0.01})
        limits = Limits(self.slots, self.mem_mib, lambda _cell: 1000, self.budget_s)
        board = Board(list(self.cells))
        return Crew(self.hands, board, limits, times, self.events.append, self.on_end)

    def on_end(self, cell: CellKey, tries: Sequence[Tried], finished: bool) -> None:
        self.ended.append((cell, len(tries), finished))

    def run(self) -> Crew:
        crew = self.crew()
        crew.run()
        assert not left(), "no thread is left"
        return crew


def left() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("vm-")]


def said(crew: Crew) -> dict[CellKey, list[Verdict]]:
    return {cell: [one.attempt.verdict for one in tries] for cell, tries in crew.tries.items()}


@pytest.mark.parametrize("slots", [1, 2, 3, 9])
def test_each_kernel_is_built_once_and_each_cell_booted_once(slots: int) -> None:
    night = Night(FakeHands(boot_s=0.02, build_s=0.02), slots)
    crew = night.run()
    assert night.hands.builds == [A, B]
    assert sorted(night.hands.boots) == [(cell, 1) for cell in CELLS]
    assert said(crew) == {cell: [PASS] for cell in CELLS}
    assert night.hands.most["run"] <= slots and night.hands.most["build"] == 1
    assert (crew.finished, crew.total) == (6, 6)


def test_slots_are_used() -> None:
    assert_most(Night(FakeHands(boot_s=0.1), 3), 3)


def test_memory_limits_what_runs_beside_each_other() -> None:
    assert_most(Night(FakeHands(boot_s=0.02), 3, mem_mib=2500), 2)
    assert_most(Night(FakeHands(boot_s=0.02), 3, mem_mib=100), 1)


def assert_most(night: Night, boots: int) -> None:
    night.run()
    assert night.hands.most["boot"] == boots


def test_nobody_idles_where_there_is_work() -> None:
    """A kernel is built beside the boot before it, not a look at the clock later."""
    night = Night(FakeHands(boot_s=0.6, build_s=0.1), 2, cells=(A1, B1))
    began_s = time.monotonic()
    crew = night.run()
    wall_s = time.monotonic() - began_s
    work_s, ideal_s = crew.spent
    assert work_s >= 1.4 and ideal_s <= wall_s
    assert night.hands.most["run"] == 2, "the second build was beside the first boot"


@pytest.mark.parametrize(
    ("first", "then", "tries"),
    [
        (FAIL, PASS, [FAIL, PASS]),
        (FAIL, FAIL, [FAIL, FAIL]),
        (Verdict.HANG, Verdict.CRASH, [Verdict.HANG, Verdict.CRASH]),
        (Verdict.INCOMPLETE, PASS, [Verdict.INCOMPLETE, PASS]),
        (Verdict.INFRASTRUCTURE, PASS, [Verdict.INFRASTRUCTURE, PASS]),
        (SKIP, FAIL, [SKIP]),
        (PASS, FAIL, [PASS]),
    ],
)
def test_what_is_tried_again(first: Verdict, then: Verdict, tries: list[Verdict]) -> None:
    night = Night(FakeHands({A2: [first, then]}))
    crew = night.run()
    assert said(crew)[A2] == tries
    assert [one for one in night.ended if one[0] == A2] == [
        (A2, number, number == len(tries)) for number in range(1, len(tries) + 1)
    ]
    assert crew.finished == 6


def test_events_tell_it_all() -> None:
    night = Night(FakeHands({A1: [FAIL, PASS]}), 1, cells=(A1, A2))
    night.run()
    started = [(e.cell, e.number) for e in night.events if isinstance(e, CellStarted)]
    assert started == [(A1, 1), (A1, 2), (A2, 1)]
    ended = [(e.again, e.done, e.total) for e in night.events if isinstance(e, CellEnded)]
    assert ended == [(True, 0, 2), (False, 1, 2), (False, 2, 2)]


@pytest.mark.parametrize("error", [BuildBroken("cc failed"), PatchBroken("does not apply")])
def test_cells_of_a_kernel_that_cannot_be_built(error: BuildBroken | PatchBroken) -> None:
    night = Night(FakeHands(broken={A: [error]}))
    crew = night.run()
    assert night.hands.builds == [A, B], "it is not tried again"
    verdict = said(crew)[A1][0]
    assert verdict in (Verdict.BUILD_BROKEN, Verdict.PATCH_BROKEN)
    assert said(crew) == {
        **{cell: [verdict] for cell in (A1, A2, A3)},
        **{cell: [PASS] for cell in (B1, B2, B3)},
    }
    took = [crew.tries[cell][0].attempt.build_s for cell in (A1, A2, A3)]
    assert took[0] and took[1:] == [None, None], "the build's time is told once"
    assert crew.finished == 6 and kernel_of(A1) in crew.broken


def test_a_host_that_fails_a_build_is_asked_once_more() -> None:
    night = Night(FakeHands(broken={A: [no_space()]}))
    assert said(night.run())[A1] == [PASS]
    assert night.hands.builds == [A, A, B]
    both = Night(FakeHands(broken={A: [no_space(), no_space()]}))
    assert said(both.run())[A1] == [Verdict.INFRASTRUCTURE]


def test_time_that_failed_builds_took_is_no_overhead() -> None:
    night = Night(FakeHands(broken={A: [BuildBroken("cc")]}, build_s=0.3), 1, cells=(A1, A2))
    work_s, ideal_s = night.run().spent
    assert work_s >= 0.3 and ideal_s >= 0.3


def test_a_budget() -> None:
    night = Night(FakeHands(boot_s=0.3), 1, budget_s=0.75, boot_s=0.3)
    crew = night.run()
    assert 1 <= len(crew.tries) < len(CELLS)
    assert list(crew.tries) == list(CELLS[: len(crew.tries)]), "the first of them"


def test_no_time_for_anything() -> None:
    crew = Night(FakeHands(), budget_s=0.0).run()
    assert not crew.tries and not crew.finished


def test_a_retry_needs_time_too_and_what_failed_stays_so() -> None:
    night = Night(FakeHands({A1: [FAIL, PASS]}, boot_s=0.3), 1, 0.5, cells=(A1,), boot_s=0.3)
    assert said(night.run()) == {A1: [FAIL]}
    assert night.ended == [(A1, 1, False)]


def test_nothing_to_do() -> None:
    assert not Night(FakeHands(), cells=()).run().tries


def test_a_retry_goes_on_after_an_interruption() -> None:
    night = Night(FakeHands(), cells=(A1,))
    crew = night.crew()
    crew.tries[A1] = [tried(A1, FAIL)]
    crew.run()
    assert said(crew) == {A1: [FAIL, PASS]}
    assert night.hands.boots == [(A1, 2)]


def test_what_fails_in_a_thread_ends_the_night() -> None:
    night = Night(FakeHands({A1: [OSError("disk full")]}, boot_s=0.05), 2)
    with pytest.raises(OSError, match="disk full"):
        night.run()
    assert not left()
    assert len(night.hands.boots) < len(CELLS)


def test_what_fails_while_building_ends_the_machines_too() -> None:
    night = Night(FakeHands(broken={B: [OSError("disk full")]}, blocking=True), cells=(A1, B1))
    with pytest.raises(OSError, match="disk full"):
        night.run()
    assert not left() and not night.ended


def interrupted_when(ready: threading.Event, number: int = signal.SIGINT) -> threading.Thread:
    def kill() -> None:
        ready.wait(30)
        time.sleep(0.1)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_ctrl_c_ends_machines_and_they_say_nothing() -> None:
    night = Night(FakeHands(blocking=True), 2)
    killer = interrupted_when(night.hands.begun)
    with pytest.raises(KeyboardInterrupt):
        night.run()
    killer.join()
    assert not left() and not night.ended
    assert 1 <= len(night.hands.boots) <= 2


def test_ctrl_c_while_a_kernel_is_built() -> None:
    hands = FakeHands(build_s=30)
    began_s = time.monotonic()
    begun = threading.Event()
    night = Night(hands, 2)
    killer = interrupted_when(begun)
    begun.set()
    with pytest.raises(KeyboardInterrupt):
        night.run()
    killer.join()
    assert time.monotonic() - began_s < 20 and not left() and not hands.boots


def test_ctrl_c_at_any_moment_leaves_no_thread_waiting() -> None:
    """Many nights of many short boots: the signal comes under the lock, or close to it."""
    for number in range(40):
        night = Night(FakeHands({A1: [FAIL] * 2}, boot_s=0.001, build_s=0.001), 3)
        crew = night.crew()
        timer = threading.Timer(0.0005 * (number % 20), os.kill, (os.getpid(), signal.SIGINT))
        with contextlib.suppress(KeyboardInterrupt):
            timer.start()
            crew.run()
            timer.join()
            time.sleep(0.01)
        timer.join()
        assert not left()
        assert {cell for cell, _, _ in night.ended} == set(crew.tries)
