# SPDX-License-Identifier: GPL-2.0-only
"""next_step() finds by an index what the rule, read cell by cell, says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_index import First
from orchestrator.plan.night_queue import Kernels, Queue
from orchestrator.plan.night_schedule import Board, Limits, about_left_s, forecast, next_step
from orchestrator.plan.night_times import Expected

KERNELS = [KernelName("t", f"p{n}", "numa") for n in range(4)]
CELLS = [
    CellKey(kernel.tree, kernel.patch, kernel.config, f"numa{size}", suites)
    for kernel in KERNELS
    for size in (1, 2, 4)
    for suites in ("", "create")
]
Rule = Callable[[Board, Limits, Expected, float], CellKey | KernelName | None]


def machine_mib(cell: CellKey) -> int:
    return 512 * int(cell.topology.removeprefix("numa"))


def plain(
    board: Board, limits: Limits, times: Expected, spent_s: float
) -> CellKey | KernelName | None:
    """The rule, as one would say it."""
    if len(board.running) + len(board.building) >= limits.slots:
        return None
    left_s = float("inf") if limits.budget_s is None else limits.budget_s - spent_s
    free_mib = limits.mem_mib - sum(map(machine_mib, board.running))
    for cell in board.queue:
        kernel = kernel_of(cell)
        takes_s = times.boots[cell] + (0.0 if kernel in board.ready else times.builds[kernel])
        if takes_s > left_s:
            continue
        if kernel in board.ready:
            if machine_mib(cell) <= free_mib or (limits.alone and not board.running):
                return cell
        elif len(board.building) < limits.builds and kernel not in (*board.held, *board.building):
            return kernel
    return None


def plain_left_s(board: Board, scene: Scene, spent_s: float) -> float:
    """By a look at each cell."""
    builds = {kernel_of(cell) for cell in board.queue} - set(board.ready)
    work_s = sum(scene.times.boots[cell] for cell in (*board.running, *board.queue))
    left_s = (work_s + sum(map(scene.times.builds.__getitem__, builds))) / scene.limits.slots
    budget_s = scene.limits.budget_s
    return left_s if budget_s is None else min(left_s, max(0.0, budget_s - spent_s))


def greedy(board: Board, limits: Limits, times: Expected, spent_s: float) -> CellKey | None:
    """A wrong rule: it forgets the memory."""
    ready = (cell for cell in board.queue if kernel_of(cell) in board.ready)
    return next(ready, None) if len(board.running) < limits.slots else None


@dataclass(frozen=True)
class Scene:
    limits: Limits
    times: Expected
    order: list[CellKey]
    moves: list[tuple[int, int]]


seconds = st.floats(0.5, 50, allow_nan=False)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    budget = draw(st.none() | st.floats(0, 200))
    mem, alone = draw(st.sampled_from([256, 1024, 3000, 9000])), draw(st.booleans())
    return Scene(
        Limits(
            draw(st.integers(1, 4)), mem, machine_mib, budget, alone, builds=draw(st.integers(1, 3))
        ),
        Expected({c: draw(seconds) for c in CELLS}, {k: draw(seconds) for k in KERNELS}),
        draw(st.lists(st.sampled_from(CELLS), unique=True)),
        draw(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 99)), max_size=40)),
    )


def played(scene: Scene, rule: Rule) -> None:
    """A night in which anything happens: after each move both rules must say the same."""
    board = Board(scene.order)
    taken: list[CellKey] = []
    for number, (move, pick) in enumerate(scene.moves):
        spent_s = float(number * 3 if move else 0)
        step = next_step(board, scene.limits, scene.times, spent_s)
        assert step == rule(board, scene.limits, scene.times, spent_s)
        left_s = about_left_s(board, scene.limits, scene.times, spent_s)
        assert left_s == pytest.approx(plain_left_s(board, scene, spent_s), abs=1e-6)
        kernel = KERNELS[pick % len(KERNELS)]
        if move <= 3:
            begin(board, step, taken)
        elif move == 4 and board.running:  # it comes back: a retry
            board.queue.insert(pick % 2 and len(board.queue), board.running.pop())
        elif move == 5 and board.building:
            board.end_build(board.building[pick % len(board.building)], ready=pick % 5 > 0)
        elif move == 6:
            board.ready.discard(kernel) if pick % 3 == 0 else board.held.add(kernel)
        elif move == 7 and kernel not in board.building:
            board.held.discard(kernel)


def begin(board: Board, step: CellKey | KernelName | None, taken: list[CellKey]) -> None:
    if isinstance(step, CellKey):
        board.queue.remove(step)
        board.running.append(step)
        taken.append(step)
    elif step is not None:
        board.begin_build(step)


@given(scenes())
@settings(max_examples=400, deadline=None)
def test_the_index_says_what_the_plain_rule_says(scene: Scene) -> None:
    played(scene, plain)


def test_a_wrong_rule_is_found_out() -> None:
    @given(scenes())
    @settings(max_examples=400, deadline=None, database=None)
    def against_greedy(scene: Scene) -> None:
        played(scene, greedy)

    with pytest.raises(AssertionError):
        against_greedy()


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_forecast_has_every_cell_once_and_builds_before_boots(scene: Scene) -> None:
    limits = Limits(scene.limits.slots, 9000, machine_mib)
    found = forecast(scene.order, limits, scene.times)
    assert set(found.starts) == set(found.ends) == set(scene.order)
    assert all(found.builds[kernel_of(c)][1] <= found.starts[c] for c in scene.order)


@given(st.lists(st.floats(0, 9) | st.just(float("inf"))), st.floats(0, 9) | st.just(float("inf")))
def test_first(values: list[float], limit: float) -> None:
    tree = First(len(values))
    for place, value in enumerate(values):
        tree.put(place, value)
    wanted = (n for n, value in enumerate(values) if value <= limit and value != float("inf"))
    assert tree.first(limit) == next(wanted, None)


def test_a_queue_is_a_list_whose_cells_are_there_once() -> None:
    queue = Queue(CELLS[:3])
    for _ in range(200):  # more than there is room for before the first
        queue.remove(CELLS[2])
        queue.insert(0, CELLS[2])
    assert list(queue) == [CELLS[2], *CELLS[:2]] and len(queue) == 3
    assert queue.of(kernel_of(CELLS[0])) == (*CELLS[:2], CELLS[2])
    queue[:] = CELLS[:1]
    assert queue[0] == CELLS[0] and CELLS[1] not in queue
    for wrong in (lambda: queue.insert(0, CELLS[0]), lambda: queue.remove(CELLS[1])):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(ValueError):
        Queue([CELLS[0], CELLS[0]])


def test_boards_that_share_a_queue_or_kernels_do_not_mislead_each_other() -> None:
    times = Expected(dict.fromkeys(CELLS, 1.0), dict.fromkeys(KERNELS, 5.0))
    limits = Limits(2, 9000, machine_mib)
    one = Board(CELLS[:2])
    other = Board(one.queue, Kernels([kernel_of(CELLS[0])]))
    third = Board(CELLS[1:2], one.ready)
    for _ in range(2):
        assert next_step(one, limits, times, 0) == kernel_of(CELLS[0])
        assert next_step(other, limits, times, 0) == CELLS[0]
        assert next_step(third, limits, times, 0) == kernel_of(CELLS[1])
    one.ready.add(kernel_of(CELLS[0]))
    assert next_step(one, limits, times, 0) == CELLS[0]
    assert next_step(third, limits, times, 0) == CELLS[1]
