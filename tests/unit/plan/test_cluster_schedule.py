# SPDX-License-Identifier: GPL-2.0-only
"""The same rule with several hosts that build: one build a host, each kernel once."""

from __future__ import annotations

import itertools

import pytest

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_schedule import Board, Limits, forecast, next_step
from orchestrator.plan.night_times import Expected

CELLS = [
    CellKey("tree", patch, "numa", topology) for patch in "abcd" for topology in ("one", "two")
]
KERNELS = list(dict.fromkeys(map(kernel_of, CELLS)))
TIMES = Expected(dict.fromkeys(CELLS, 1.0), dict.fromkeys(KERNELS, 10.0))


def _limits(builds: int, slots: int = 8) -> Limits:
    return Limits(slots, 10_000, lambda cell: 100, builds=builds)


def test_each_kernel_is_built_once_and_no_more_at_a_time_than_hosts() -> None:
    board = Board(list(CELLS))
    for number in range(3):
        step = next_step(board, _limits(builds=3), TIMES, 0.0)
        assert step == KERNELS[number]
        assert isinstance(step, KernelName)
        board.begin_build(step)
    assert next_step(board, _limits(builds=3), TIMES, 0.0) is None
    board.end_build(KERNELS[1], ready=True)
    for cell in CELLS[2:4]:  # its own come first
        assert next_step(board, _limits(builds=3), TIMES, 0.0) == cell
        board.queue.remove(cell)
        board.running.append(cell)
    assert next_step(board, _limits(builds=3), TIMES, 0.0) == KERNELS[3]


def test_builds_count_as_runs() -> None:
    board = Board(list(CELLS), building=KERNELS[:2])
    assert next_step(board, _limits(builds=4, slots=2), TIMES, 0.0) is None


@pytest.mark.parametrize(("builds", "took_s"), [(1, 41.0), (2, 21.0), (4, 11.0)])
def test_more_hosts_take_less_time(builds: int, took_s: float) -> None:
    found = forecast(CELLS, _limits(builds), TIMES)
    assert found.took_s == took_s
    assert set(found.builds) == set(KERNELS) and set(found.ends) == set(CELLS)


def test_one_host_builds_one_at_a_time() -> None:
    spans = sorted(forecast(CELLS, _limits(1), TIMES).builds.values())
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))
