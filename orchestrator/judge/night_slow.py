# SPDX-License-Identifier: GPL-2.0-only
"""Which tests take longer than they did: a shift that has lasted some nights, beyond the noise.

One night cannot tell: a host is busy now and then. So the latest two to five nights of a test are
ranked against all before them (Mann and Whitney's U, exact, ties against us), on one host, each
time first divided by how much slower than usual that host was that night. Of all tests asked,
those count that Benjamini and Hochberg's rule lets through; of these, what is slower by MIN_RATIO.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from orchestrator.judge.night_sights import CELL, Sight, Sights
from orchestrator.model.night import CaseStatus, CellKey
from orchestrator.model.standing import Slowdown

MIN_NIGHTS = 10  # before the latest
LATEST = (2, 3, 4, 5)  # nights since it may have become slower
MIN_RATIO = 1.5
MIN_LOW = 1.1  # of the ratio's interval
MIN_S = 0.01  # a tick of the slowest clock
DISCOVERY_RATE = 0.05  # of the tests called slower, so many may not be
_HOST_TESTS = 5  # from which it is told how slow a host was
_TAIL = 0.025  # on either side of the interval

Key = tuple[CellKey, str]


class _Time(Struct, frozen=True):
    """Guest seconds of a test that passed; night: its id."""

    night: str
    host: str
    took_s: float


def slower(sights: Sights, tonight: str) -> dict[Key, Slowdown]:
    """Tests that passed tonight, and are slower than they were. tonight: the night's id."""
    times = {key: found for key, found in _all_times(sights) if found[0].night == tonight}
    busy = _hosts(times)
    asked: dict[Key, Slowdown | None] = {}
    for key, found in times.items():
        mine = [one for one in found if one.host == found[0].host]
        if len(mine) >= MIN_NIGHTS + LATEST[0]:
            asked[key] = _shift(mine, [one.took_s / _busy(busy, one) for one in mine])
    tried = {key: shift for key, shift in asked.items() if shift}
    limit = _limit([shift.p for shift in tried.values()], len(asked))
    return {key: shift for key, shift in tried.items() if shift.p <= limit and _counts(shift)}


def _all_times(sights: Sights) -> Iterator[tuple[Key, list[_Time]]]:
    for cell, mine in sights.items():
        found: dict[str, list[_Time]] = {}
        for sight in mine:
            for test, time in _times(sight):
                found.setdefault(test, []).append(time)
        for test, times in found.items():
            yield (cell, test), times


def _times(sight: Sight) -> Iterator[tuple[str, _Time]]:
    """Of each test that passed, in the first run that tells."""
    done = {CELL}
    for attempt in sight.attempts:
        for case in attempt.cases:
            took_s = case.duration_s or 0.0
            timed = case.status is CaseStatus.PASS and 0 < took_s < math.inf
            if timed and case.name not in done and case.name not in sight.red:
                done.add(case.name)
                yield case.name, _Time(sight.night.id, attempt.host, took_s)


def _hosts(times: Mapping[Key, Sequence[_Time]]) -> dict[tuple[str, str], float]:
    """(night, host) → how many times slower than usual the middle one of its tests was."""
    ratios: dict[tuple[str, str], list[float]] = {}
    for found in times.values():
        usual: dict[str, list[float]] = {}
        for one in found[1:]:
            usual.setdefault(one.host, []).append(one.took_s)
        middle = {host: statistics.median(each) for host, each in usual.items()}
        for one in found:
            if one.host in middle:
                ratios.setdefault((one.night, one.host), []).append(one.took_s / middle[one.host])
    return {k: statistics.median(each) for k, each in ratios.items() if len(each) >= _HOST_TESTS}


def _busy(busy: Mapping[tuple[str, str], float], time: _Time) -> float:
    return busy.get((time.night, time.host), 1.0)


def _shift(times: Sequence[_Time], took: Sequence[float]) -> Slowdown | None:
    """The shift since the night where it is the clearest; None if tonight was not slow.

    times, took: newest first, as they were and for a host that is as fast as usual.
    """
    if took[0] < MIN_RATIO * statistics.median(took[1:]):
        return None
    cuts = [latest for latest in LATEST if len(took) - latest >= MIN_NIGHTS]
    shifts = [_cut(times, took, latest) for latest in cuts]
    return min(shifts, key=lambda shift: (not _counts(shift), shift.p))


def _cut(times: Sequence[_Time], took: Sequence[float], latest: int) -> Slowdown:
    """The latest so many nights against those before."""
    new, old = took[:latest], took[latest:]
    wins = sum(1 for a in new for b in old if a > b)
    ratios = sorted(a / b for a in new for b in old)
    low, high = _interval(ratios, len(new), len(old))
    return Slowdown(
        now_s=statistics.median(one.took_s for one in times[:latest]),
        before_s=statistics.median(one.took_s for one in times[latest:]),
        ratio=statistics.median(ratios),
        low=low,
        high=high,
        p=min(1.0, _chance(len(new), len(old), wins) * len(LATEST)),  # so many are tried
    )


def _counts(shift: Slowdown) -> bool:
    big = shift.ratio >= MIN_RATIO and shift.low >= MIN_LOW
    return big and shift.now_s - shift.before_s >= MIN_S


def _limit(chances: Sequence[float], asked: int) -> float:
    """The largest p that counts, if so many were asked; -1 if none does."""
    ranked = enumerate(sorted(chances), start=1)
    fits = [p for rank, p in ranked if p <= DISCOVERY_RATE * rank / asked]
    return max(fits, default=-1.0)


def _interval(ratios: Sequence[float], new: int, old: int) -> tuple[float, float]:
    """Of the ratio, 95 %: between these the ranks would not tell the two apart."""
    total, left, cut = math.comb(new + old, new), 0, 0
    ways = _ways(new, old)
    while (left + ways[cut]) / total <= _TAIL:
        left += ways[cut]
        cut += 1
    return (ratios[cut - 1], ratios[-cut]) if cut else (0.0, math.inf)


def _chance(new: int, old: int, wins: int) -> float:
    """That so many of the pairs, or more, are won by the new if nothing has changed."""
    return sum(_ways(new, old)[wins:]) / math.comb(new + old, new)


@functools.cache
def _ways(new: int, old: int) -> tuple[int, ...]:
    """For each number of pairs won: in how many orders of all they are."""
    if not new or not old:
        return (1,)
    counts = [0] * (new * old + 1)
    for wins, ways in enumerate(_ways(new - 1, old)):  # the greatest of all is a new one
        counts[wins + old] += ways
    for wins, ways in enumerate(_ways(new, old - 1)):
        counts[wins] += ways
    return tuple(counts)
