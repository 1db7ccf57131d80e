# SPDX-License-Identifier: GPL-2.0-only
"""When a machine was starved: for so long it hardly got what it needed of its host.

Pure; edge/host_time.py takes the samples.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from orchestrator.model.host_time import Starved

# A busy host of two cores gives a machine a third of its time, and its guest has no stalls; its
# limits allow for several times more than what it needs. So "hardly" begins below a quarter.
STARVED_SHARE = 0.75
# A pause of less than this share of a limit does not make the guest reach it.
LIMIT_SHARE = 0.5
LEAST_SHARE = 0.5  # at the ends of such a time
KEPT = 20  # the longest ones


class Sample(Struct, frozen=True):
    """at_s: since QEMU's start. lost_s: of that, what the machine wanted and did not get.
    suites: those that ran since the sample before."""

    at_s: float
    lost_s: float
    suites: tuple[str, ...] = ()


def starved(samples: Sequence[Sample], limit_s: float) -> tuple[Starved, ...]:
    """All times of at least half the guest's limit in which it lost three quarters or more.

    samples: in order; the first is the beginning. Overlapping times are one; in order.
    """
    window_s = limit_s * LIMIT_SHARE
    found: list[tuple[int, int]] = []
    first = 0
    for last in range(1, len(samples)):
        # The shortest time up to this sample that is long enough.
        while first + 1 < last and samples[last].at_s - samples[first + 1].at_s >= window_s:
            first += 1
        took_s = samples[last].at_s - samples[first].at_s
        lost_s = samples[last].lost_s - samples[first].lost_s
        if took_s >= window_s and lost_s >= STARVED_SHARE * took_s:
            begin, end = _core(samples, first, last)
            if found and begin <= found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((begin, end))
    times = [_starved(samples, begin, end) for begin, end in found]
    longest = sorted(times, key=lambda each: each.lost_s, reverse=True)[:KEPT]
    return tuple(each for each in times if each in longest)


def _core(samples: Sequence[Sample], first: int, last: int) -> tuple[int, int]:
    """Without ends in which it got most of what it needed."""
    while first < last and _share(samples, first + 1) < LEAST_SHARE:
        first += 1
    while last > first and _share(samples, last) < LEAST_SHARE:
        last -= 1
    return first, last


def _share(samples: Sequence[Sample], number: int) -> float:
    """Of the time since the sample before, what was lost."""
    before, sample = samples[number - 1 : number + 1]
    return (sample.lost_s - before.lost_s) / max(1e-9, sample.at_s - before.at_s)


def _starved(samples: Sequence[Sample], begin: int, end: int) -> Starved:
    took_s = samples[end].at_s - samples[begin].at_s
    lost_s = samples[end].lost_s - samples[begin].lost_s
    # One more: a suite that began as the host stopped was not heard of before it went on.
    concerned = samples[begin + 1 : end + 2]
    suites = dict.fromkeys(name for each in concerned for name in each.suites)
    return Starved(
        at_s=round(samples[begin].at_s, 3),
        length_s=round(took_s, 3),
        had_s=round(max(0.0, took_s - lost_s), 3),
        suites=tuple(suites),
    )
