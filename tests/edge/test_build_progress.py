# SPDX-License-Identifier: GPL-2.0-only
"""What a build's output says of how far it is."""

from __future__ import annotations

import pytest

from orchestrator.edge import build_progress
from orchestrator.edge.build_progress import BuildWatch
from orchestrator.model.progress import ProgressEvent, StageProgress


class Clock:
    """A clock the test moves, in place of the time module."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(build_progress, "time", clock)
    return clock


def watched(total: int) -> tuple[BuildWatch, list[StageProgress]]:
    said: list[StageProgress] = []

    def hear(event: ProgressEvent) -> None:
        assert isinstance(event, StageProgress)
        said.append(event)

    return BuildWatch(hear, total), said


def feed(watch: BuildWatch, clock: Clock, files: int, each_s: float) -> None:
    for number in range(files):
        clock.now += each_s
        watch.line(f"  CC      kernel/f{number}.o")


def test_only_steps_count(clock: Clock) -> None:
    watch, said = watched(200)
    for line in ("make[1]: Entering", "", "  CALL    x.sh", "a.c:1: warning: w"):
        clock.now += 1
        watch.line(line)
    assert said == [] and watch.done == 0


def test_files_done_and_time_left(clock: Clock) -> None:
    watch, said = watched(200)
    feed(watch, clock, 150, 1.0)
    assert said[-1].done == 150 and said[-1].total == 200
    assert said[-1].left_s == pytest.approx(50, rel=0.02)
    assert said[10].left_s is None  # too early to tell


def test_it_is_never_more_than_all(clock: Clock) -> None:
    watch, said = watched(100)
    feed(watch, clock, 130, 1.0)
    assert (said[-1].done, said[-1].total, said[-1].left_s) == (130, 130, 0)


def test_a_few_times_a_second_are_enough(clock: Clock) -> None:
    watch, said = watched(1000)
    feed(watch, clock, 1000, 0.01)  # 10 s
    assert 40 <= len(said) <= 51
    assert watch.done == 1000
