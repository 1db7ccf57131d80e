# SPDX-License-Identifier: GPL-2.0-only
"""Durations of two kernels as distributions: is one slower, by how much, how sure is that?

A VM under TCG on a busy machine is noisy, and two runs of one kernel differ by more than the
samples within a run would tell. So a shift counts only if it is significant, if the whole
interval of the ratio is beyond SLOWER, and if so is each run of head from each of base, in
SLOW_PAIRS of them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from orchestrator.model.compare import Observation, Shift

SLOW_PAIRS = 6  # of runs, before it is believed: the host may starve one side for a while
SLOWER = 3.0  # an extra line to the emulated serial port makes a creation twice as long
P_VALUE = 0.001
CASE_S = 0.15  # a case that takes so much longer, guest time, and SLOWER times as long
_MIN_SAMPLES = 20
_RESAMPLES = 1000
_SEED = 1  # of the bootstrap: the same files give the same report


def shifts(base: Sequence[Observation], head: Sequence[Observation]) -> tuple[Shift, ...]:
    """One row for each kind of thread that both sides made often enough."""
    kinds = sorted({kind for run in (*base, *head) for kind in run.latencies_us})
    rows = (_shift(kind, base, head) for kind in kinds)
    return tuple(row for row in rows if row)


def slow_cases(
    base: Sequence[Observation], head: Sequence[Observation]
) -> list[tuple[str, float, float]]:
    """(case, slowest of base, fastest of head) in seconds, for cases beyond all doubt slower."""
    found = []
    for case in sorted({case for run in base for case in run.cases_s}):
        old = [run.cases_s[case] for run in base if case in run.cases_s]
        new = [run.cases_s[case] for run in head if case in run.cases_s]
        if len(old) < 2 or len(new) < 2:
            continue
        slowest, fastest = max(old), min(new)
        if fastest > SLOWER * slowest and fastest - slowest > CASE_S:
            found.append((case, slowest, fastest))
    return found


def _apart(old_runs: Sequence[Sequence[float]], new_runs: Sequence[Sequence[float]]) -> bool:
    """Is the fastest run of head beyond the slowest of base? There must be two of each."""
    if min(len(old_runs), len(new_runs)) < 2:
        return False
    slowest = max(statistics.median(run) for run in old_runs)
    return min(statistics.median(run) for run in new_runs) > SLOWER * slowest


def _shift(kind: str, base: Sequence[Observation], head: Sequence[Observation]) -> Shift | None:
    import numpy
    from scipy import stats

    old_runs = [run.latencies_us[kind] for run in base if run.latencies_us.get(kind)]
    new_runs = [run.latencies_us[kind] for run in head if run.latencies_us.get(kind)]
    old = numpy.array([each for run in old_runs for each in run])
    new = numpy.array([each for run in new_runs for each in run])
    if min(len(old), len(new)) < _MIN_SAMPLES:
        return None
    medians = [max(statistics.median(run), 1e-3) for run in old_runs]
    noise = max(medians) / min(medians)
    random = numpy.random.default_rng(_SEED)

    def ratio(a: Any, b: Any, axis: int) -> Any:
        return numpy.median(b, axis=axis) / numpy.maximum(numpy.median(a, axis=axis), 1e-3)

    interval = stats.bootstrap(
        (old, new),
        ratio,
        n_resamples=_RESAMPLES,
        method="percentile",
        vectorized=True,
        rng=random,
    ).confidence_interval
    p = float(stats.mannwhitneyu(old, new).pvalue)
    if math.isnan(p):  # all values are one: scipy 1.18 has no p then, and earlier ones say 1
        p = 1.0
    low, high = float(interval.low), float(interval.high)
    return Shift(
        what=kind,
        base_us=float(numpy.median(old)),
        head_us=float(numpy.median(new)),
        ratio=float(ratio(old, new, 0)),
        low=low,
        high=high,
        p=p,
        noise=noise,
        samples_base=len(old),
        samples_head=len(new),
        slower=p < P_VALUE and low > SLOWER and _apart(old_runs, new_runs),
    )
