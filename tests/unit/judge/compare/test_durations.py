# SPDX-License-Identifier: GPL-2.0-only
"""Slower, or only noise? False alarms are counted over many samples of one distribution."""

from __future__ import annotations

import math
import random

import pytest
from runs import case_trace

from orchestrator.judge.compare.durations import shifts, slow_cases
from orchestrator.judge.compare.threads import case_durations, creations
from orchestrator.model.compare import Observation, Shift
from orchestrator.model.verdict import Verdict

SEEDS = 200


def sample(dice: random.Random, median_us: float, size: int = 40) -> tuple[float, ...]:
    """Creations last as a log-normal has it: most alike, some very long."""
    return tuple(dice.lognormvariate(math.log(median_us), 0.6) for _ in range(size))


def observation(**took: tuple[float, ...]) -> Observation:
    return Observation("r", True, Verdict.PASS, {}, latencies_us=took)


def compared(base: list[tuple[float, ...]], head: list[tuple[float, ...]]) -> Shift:
    rows = shifts([observation(worker=s) for s in base], [observation(worker=s) for s in head])
    assert [row.what for row in rows] == ["worker"]
    return rows[0]


def noisy_run(dice: random.Random, factor: float = 1.0, spread: float = 0.3) -> tuple[float, ...]:
    """All of one run slower or faster than another's: the host did something else."""
    return sample(dice, 100 * factor * math.exp(dice.gauss(0, spread)))


def test_one_distribution_is_never_slower() -> None:
    alarms = 0
    for seed in range(SEEDS):
        dice = random.Random(seed)
        alarms += compared([noisy_run(dice) for _ in range(2)],
                           [noisy_run(dice) for _ in range(2)]).slower  # fmt: skip
    assert alarms == 0


def test_ten_times_as_long_is_always_slower() -> None:
    for seed in range(0, SEEDS, 10):
        dice = random.Random(seed)
        row = compared([noisy_run(dice) for _ in range(3)],
                       [noisy_run(dice, factor=10) for _ in range(3)])  # fmt: skip
        assert row.slower and row.low > 3 and row.p < 1e-6
        assert row.low <= row.ratio <= row.high


def test_ten_times_as_fast_is_not_slower() -> None:
    dice = random.Random(1)
    assert not compared([sample(dice, 100)] * 2, [sample(dice, 10)] * 2).slower


def test_a_noisy_base_needs_more() -> None:
    dice = random.Random(2)
    calm, wild = [sample(dice, 100)] * 2, [sample(dice, 100), sample(dice, 600)]
    head = [sample(dice, 1000)] * 2
    assert compared(calm, head).slower
    row = compared(wild, head)
    assert row.noise > 4
    assert not row.slower


def test_the_same_files_give_the_same_numbers() -> None:
    one, other = ([sample(random.Random(n), 100) for n in (1, 2)] for _ in "ab")
    assert compared(one, other) == compared(other, one)


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_constants_give_numbers(value: float) -> None:
    row = compared([(value,) * 30] * 2, [(value,) * 30] * 2)
    numbers = (row.ratio, row.low, row.high, row.p, row.noise)
    assert all(math.isfinite(number) for number in numbers)
    assert not row.slower


def test_too_few_samples_say_nothing() -> None:
    few = observation(worker=(1.0,) * 19)
    assert shifts([few], [few]) == ()
    assert shifts([observation(worker=(1.0,) * 30)], [observation(thread=(1.0,) * 30)]) == ()


def case_runs(*seconds: float) -> list[Observation]:
    return [Observation("r", True, Verdict.PASS, {}, cases_s={"s.c": each}) for each in seconds]


@pytest.mark.parametrize(
    ("base", "head", "slower"),
    [
        ((0.1, 0.2), (1.0, 1.1), True),
        ((0.1, 0.2), (1.0, 0.5), False),  # one is within three times the slowest
        ((0.01, 0.01), (0.1, 0.1), False),  # ten times, but only 90 ms
        ((0.1, 0.9), (1.0, 1.0), False),
        ((0.1,), (1.0, 1.0), False),
        ((0.1, 0.1), (1.0,), False),
    ],
)
def test_cases(base: tuple[float, ...], head: tuple[float, ...], slower: bool) -> None:
    found = slow_cases(case_runs(*base), case_runs(*head))
    assert found == ([("s.c", max(base), min(head))] if slower else [])


def test_durations_of_a_trace() -> None:
    events = case_trace(took="20")
    (took,) = creations(events)["worker"]
    assert took == pytest.approx(40)  # two steps after the request
    assert case_durations(events) == {"orch_a.one": pytest.approx(120e-6)}
    twice = (*events, *case_trace(start_s=5.0, pid=300, took="20"))
    assert case_durations(twice) == {"orch_a.one": pytest.approx(240e-6)}


def test_a_creation_that_failed_has_no_duration() -> None:
    failed = [
        e._replace(fields=tuple((k, "-12" if k == "err" else v) for k, v in e.fields))
        for e in case_trace()
    ]
    assert creations(failed) == {}
