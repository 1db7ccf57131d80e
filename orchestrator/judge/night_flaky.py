# SPDX-License-Identifier: GPL-2.0-only
"""Now this, now that, on the same sources: how a test is known to be flaky, and how much it is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from orchestrator.judge.night_sights import Said, Sight
from orchestrator.model.night import CaseStatus
from orchestrator.model.standing import Rate

NIGHTS = 10  # the latest that ran it on the same sources
CHANGES = 2  # one from pass to fail may be a new failure, and one back a repair
STREAK = 3  # nights of nothing but failures: it is broken now, whatever it was before
_Z = 1.959963984540054  # of 95 %


def flaky(test: str, sights: Sequence[Sight]) -> Rate | None:
    """How often it failed on tonight's sources, if it is flaky on them; else None.

    sights: of its cell, newest first, tonight's before all. It is flaky if it both passed and
    failed tonight; or if it did in one of the nights before, or went to and fro between them.
    """
    alike = same_sources(sights)
    told = [sight for sight in alike if sight.said(test).tells][:NIGHTS]
    if not told or told[0] is not sights[0]:
        return None
    said = [sight.said(test) for sight in told]
    streak = sum(1 for _ in itertools.takewhile(lambda one: one is Said.FAILED, said))
    changes = sum(1 for one, other in itertools.pairwise(said) if one is not other)
    moved = Said.MIXED in said or changes >= CHANGES
    if said[0] is not Said.MIXED and (not moved or streak >= STREAK):
        return None
    results = [status for sight in told for status in sight.results[test]]
    failed = results.count(CaseStatus.FAIL)
    return rate(failed, failed + results.count(CaseStatus.PASS))


def same_sources(sights: Sequence[Sight]) -> list[Sight]:
    """Tonight's, and those before on the same sources; where these are not known, they differ."""
    tonight = sights[0]
    before = [one for one in sights[1:] if one.sources and one.sources == tonight.sources]
    return [tonight, *before]


def rate(failed: int, runs: int) -> Rate:
    """With Wilson's interval, which holds for few runs too. ValueError if there was no run."""
    if not 0 <= failed <= runs or not runs:
        raise ValueError(f"{failed} of {runs} runs failed")
    share, z2 = failed / runs, _Z * _Z
    middle = (share + z2 / (2 * runs)) / (1 + z2 / runs)
    half = _Z * math.sqrt(share * (1 - share) / runs + z2 / (4 * runs * runs)) / (1 + z2 / runs)
    low = 0.0 if failed == 0 else max(0.0, middle - half)
    high = 1.0 if failed == runs else min(1.0, middle + half)
    return Rate(failed, runs, low, high)
