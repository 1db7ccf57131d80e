# SPDX-License-Identifier: GPL-2.0-only
"""Several machines at a time: how many runs a minute."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from bench_commands import BOOT, Bench, CommandFailed, run
from figures import Curve, Point, Section, spread

AT_A_TIME = (1, 2, 3, 4, 6, 8)
QUICK = (1, 2)
MOST_RUNS = 3
EACH = 4  # runs for each machine at a time: the last ones, which run alone, count little


def measure(bench: Bench) -> Section:
    rates: dict[int, list[float]] = {count: [] for count in (QUICK if bench.quick else AT_A_TIME)}
    each = 2 if bench.quick else EACH
    run(_command())
    failed: list[str] = []
    for _ in range(min(bench.runs, MOST_RUNS)):
        for count, found in rates.items():
            found.append(_rate(count, count * each, failed))
    best = max(rates, key=lambda count: spread(rates[count]).median)
    points = tuple(Point(count, tuple(found)) for count, found in rates.items())
    return Section(
        "throughput",
        "Several machines at a time",
        f"Whole boots of numa2 with all suites, so many at a time, {each} rounds of them.",
        curves=(Curve("runs", "at a time", points, "a minute"),),
        notes=(f"most runs a minute with {best} at a time", *dict.fromkeys(failed)),
    )


def _command() -> tuple[str, ...]:
    return (*BOOT, "--topology", "numa2")


def _rate(count: int, total: int, failed: list[str]) -> float:
    """Runs a minute, a new one starting whenever one ends. Those that do not pass count, too."""

    def one(_number: int) -> None:
        try:
            run(_command())
        except CommandFailed as error:
            failed.append(f"{count} at a time: a run did not pass: {str(error).splitlines()[-1]}")

    start = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(total)))
    return total * 60 / (time.monotonic() - start)
