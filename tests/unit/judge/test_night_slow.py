# SPDX-License-Identifier: GPL-2.0-only
"""Slower: found where it is, and hardly ever where it is not."""

from __future__ import annotations

import math
import random

import pytest
from msgspec.structs import replace
from nights_made import BASE, PATCHED, change, judged, night, standing

from orchestrator.judge.night_slow import _chance, _interval, _ways
from orchestrator.model.history import NightRuns
from orchestrator.model.night import CaseRow, CaseStatus, Change
from orchestrator.model.verdict import Verdict

NIGHTS = 25


def _night(n: int, times: dict[str, float], host: str = "h") -> NightRuns:
    runs = night(n, {BASE: "P"})
    cases = tuple(CaseRow(name, CaseStatus.PASS, took) for name, took in times.items())
    return replace(
        runs, attempts=tuple(replace(one, cases=cases, host=host) for one in runs.attempts)
    )


def _noisy(dice: random.Random, n: int, slow: int = 0, tests: int = 20) -> NightRuns:
    """Twenty tests on a host that is up to twice as slow in some nights, and each test up to three
    times as slow now and then. slow: since so many nights the first test takes twice as long."""
    host = dice.choice([1.0, 1.0, 1.1, 2.0])
    times = {}
    for k in range(tests):
        took = 0.1 * (k + 1) * host * dice.lognormvariate(0, 0.1)
        took *= 3 if dice.random() < 0.03 else 1
        times[f"s.{k}"] = took * (2 if k == 0 and n >= NIGHTS - slow else 1)
    return _night(n, times)


def _slower(nights: list[NightRuns]) -> set[str]:
    return {one.test for one in judged(*nights).standings if one.change is Change.SLOWER}


def test_a_test_that_takes_twice_as_long_since_five_nights() -> None:
    dice = random.Random(1)
    nights = [_noisy(dice, n, slow=5) for n in range(NIGHTS)]
    assert _slower(nights) == {"s.0"}
    one = standing(judged(*nights), "s.0")
    assert one and one.slow
    assert 1.1 < one.slow.low <= one.slow.ratio <= one.slow.high < 4
    assert 1.5 < one.slow.ratio < 2.5
    assert one.slow.p < 0.001
    assert one.slow.now_s > one.slow.before_s


def test_noise_alone_is_hardly_ever_slower() -> None:
    """40 histories of 20 tests: of 800 at most two are called slower."""
    dice = random.Random(2)
    wrong = [len(_slower([_noisy(dice, n) for n in range(NIGHTS)])) for _ in range(40)]
    assert sum(wrong) <= 2


def test_it_is_found_nearly_always() -> None:
    dice = random.Random(3)
    found = sum(
        "s.0" in _slower([_noisy(dice, n, slow=5) for n in range(NIGHTS)]) for _ in range(40)
    )
    assert found >= 32


def test_one_night_is_not_enough_however_slow() -> None:
    nights = [_night(n, {"s.0": 0.1 + n / 1000}) for n in range(NIGHTS)]
    assert _slower([*nights[:-1], _night(NIGHTS, {"s.0": 9.0})]) == set()
    late = [_night(NIGHTS + n, {"s.0": 9.0 + n}) for n in range(3)]
    assert _slower([*nights, *late]) == {"s.0"}


def test_too_few_nights_before_say_nothing() -> None:
    def nights(before: int) -> list[NightRuns]:
        return [_night(n, {"s.0": 0.1 if n < before else 9.0}) for n in range(before + 5)]

    assert _slower(nights(6)) == set()
    assert _slower(nights(10)) == {"s.0"}


def test_looking_four_times_is_paid_for() -> None:
    """Two against ten: once in 66 by chance."""
    times = [0.1 if n < 10 else 9.0 for n in range(12)]
    assert _slower([_night(n, {"s.0": took + n / 1000}) for n, took in enumerate(times)]) == set()
    times = [0.1 if n < 14 else 9.0 for n in range(17)]
    assert _slower([_night(n, {"s.0": took + n / 1000}) for n, took in enumerate(times)])


@pytest.mark.parametrize(("ratio", "seconds"), [(1.4, 1.0), (5.0, 0.002)])
def test_what_nobody_minds_is_not_told(ratio: float, seconds: float) -> None:
    times = [seconds * (ratio if n >= 20 else 1) for n in range(NIGHTS)]
    assert _slower([_night(n, {"s.0": took}) for n, took in enumerate(times)]) == set()


def test_a_host_that_is_busy_for_days_slows_all_and_no_test() -> None:
    def nights(busy: float) -> list[NightRuns]:
        names = [f"s.{k}" for k in range(8)]
        return [
            _night(n, {name: (busy if n >= 20 else 1) * (1 + n % 3 / 10) for name in names})
            for n in range(NIGHTS)
        ]

    assert _slower(nights(3.0)) == set()


@pytest.mark.parametrize("odd", [0.0, -1.0, math.inf, math.nan])
def test_times_that_are_none_are_left_out(odd: float) -> None:
    """A guest's clock may be anything."""
    times = [odd if n % 4 == 1 else 0.1 if n < 20 else 9.0 for n in range(NIGHTS)]
    assert _slower([_night(n, {"s.0": took}) for n, took in enumerate(times)]) == {"s.0"}


def test_another_host_is_no_measure() -> None:
    nights = [
        _night(n, {"s.0": 9.0 if n >= 20 else 1.0}, host="b" if n >= 20 else "a")
        for n in range(NIGHTS)
    ]
    assert _slower(nights) == set()


def test_a_failure_is_a_failure_first() -> None:
    dice = random.Random(1)
    nights = [_noisy(dice, n, slow=5) for n in range(NIGHTS)]
    last = nights[-1].attempts[0]
    failed = (replace(last.cases[0], status=CaseStatus.FAIL), *last.cases[1:])
    red = replace(last, cases=failed, verdict=Verdict.FAIL)
    tonight = replace(nights[-1], attempts=(red,))
    assert change(judged(*nights[:-1], tonight), "s.0") is Change.NEW_FAILURE


def test_the_more_is_asked_the_more_it_takes() -> None:
    """Two nights are enough for one test; not for one of a hundred."""

    def nights(tests: int) -> list[NightRuns]:
        found = []
        for n in range(30):
            times = {f"s.{k}": 1 + (n * 7 + k) % 11 / 20 for k in range(tests)}
            times["s.0"] *= 4 if n >= 28 else 1
            found.append(_night(n, times))
        return found

    assert _slower(nights(1)) == {"s.0"}
    assert _slower(nights(100)) == set()


def test_ranks_against_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    dice = random.Random(4)
    for new, old in ((2, 10), (3, 12), (5, 25)):
        assert sum(_ways(new, old)) == math.comb(new + old, new)
        for _ in range(20):
            a = [dice.random() for _ in range(new)]
            b = [dice.random() for _ in range(old)]
            wins = sum(1 for x in a for y in b if x > y)
            theirs = stats.mannwhitneyu(a, b, alternative="greater", method="exact").pvalue
            assert _chance(new, old, wins) == pytest.approx(theirs)


def test_the_interval_holds_the_true_ratio_as_often_as_it_says() -> None:
    dice = random.Random(5)
    held = 0
    for _ in range(400):
        new = [2 * dice.lognormvariate(0, 0.3) for _ in range(5)]
        old = [dice.lognormvariate(0, 0.3) for _ in range(20)]
        low, high = _interval(sorted(a / b for a in new for b in old), 5, 20)
        held += low <= 2 <= high
    assert held / 400 >= 0.93


def test_a_patched_cell_has_nights_of_its_own() -> None:
    nights = [night(n, {BASE: "P", PATCHED: "P"}) for n in range(NIGHTS)]

    def timed(runs: NightRuns, n: int) -> NightRuns:
        took = {BASE: 1 + n % 4 / 10, PATCHED: (1 + n % 4 / 10) * (3 if n >= 20 else 1)}
        return replace(
            runs,
            attempts=tuple(
                replace(one, cases=(CaseRow("s.0", CaseStatus.PASS, took[one.cell]),))
                for one in runs.attempts
            ),
        )

    found = judged(*(timed(runs, n) for n, runs in enumerate(nights)))
    assert change(found, "s.0", PATCHED) is Change.SLOWER
    assert change(found, "s.0", BASE) is Change.PASSES
