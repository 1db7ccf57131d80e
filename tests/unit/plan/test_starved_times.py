# SPDX-License-Identifier: GPL-2.0-only
"""When a machine was starved: told from samples, wherever they fall."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.plan.host_time import LIMIT_SHARE, STARVED_SHARE, Sample, starved

LIMIT_S = 10.0
STEP_S = 0.25
RELAXED = settings(deadline=None, max_examples=60)


def run_of(
    total_s: float, stops: list[tuple[float, float]], step_s: float = STEP_S
) -> list[Sample]:
    """Samples of a machine that was stopped from .. to; suites are named by the second."""
    samples, at_s = [Sample(0.0, 0.0)], 0.0
    while at_s < total_s:
        at_s = min(total_s, at_s + step_s)
        lost_s = sum(max(0.0, min(at_s, end) - begin) for begin, end in stops)
        samples.append(Sample(at_s, lost_s, (f"s{int(at_s)}",)))
    return samples


@RELAXED
@given(st.floats(0, 20), st.floats(LIMIT_SHARE * LIMIT_S, 60), st.floats(0, 20))
def test_a_stop_of_half_the_limit_is_always_seen(before: float, stop: float, after: float) -> None:
    (time,) = starved(run_of(before + stop + after, [(before, before + stop)]), LIMIT_S)
    assert abs(time.at_s - before) <= STEP_S
    assert abs(time.end_s - (before + stop)) <= STEP_S
    assert time.had_s <= 2 * STEP_S


@RELAXED
@given(st.floats(0, 20), st.floats(0, LIMIT_SHARE * STARVED_SHARE * LIMIT_S - 0.01))
def test_a_short_stop_is_none(before: float, stop: float) -> None:
    assert starved(run_of(before + stop + 20, [(before, before + stop)]), LIMIT_S) == ()


def duty(total_s: float, on_s: float, off_s: float) -> list[tuple[float, float]]:
    period = on_s + off_s
    return [(n * period, n * period + off_s) for n in range(int(total_s / period))]


def test_ten_times_too_slow_is_starved_all_along() -> None:
    (time,) = starved(run_of(60, duty(60, 0.01, 0.09)), LIMIT_S)
    assert time.length_s > 59 and time.had_s == pytest.approx(6, abs=0.5)
    assert time.suites[:2] == ("s0", "s1") and time.suites[-1] == "s60"


def test_a_busy_host_that_leaves_a_third_is_not() -> None:
    assert starved(run_of(60, duty(60, 0.033, 0.067)), LIMIT_S) == ()


def test_two_stops_are_two_times_with_their_own_suites() -> None:
    one, other = starved(run_of(60, [(5, 15), (40, 52)]), LIMIT_S)
    assert (one.at_s, one.length_s, other.at_s, other.length_s) == (5, 10, 40, 12)
    assert "s30" not in (*one.suites, *other.suites)


def test_what_we_slept_through_ourselves_is_one_sample() -> None:
    samples = [
        Sample(0, 0),
        Sample(3, 0, ("a",)),
        Sample(43, 39.9, ("a",)),
        Sample(43.3, 39.9, ("b",)),
    ]
    (time,) = starved(samples, LIMIT_S)
    assert (time.at_s, time.length_s) == (3, 40)
    assert time.suites == ("a", "b"), (
        "the one that began as the host stopped may not have been heard"
    )


def test_nothing_is_nothing() -> None:
    assert starved([], LIMIT_S) == starved([Sample(0, 0)], LIMIT_S) == ()
