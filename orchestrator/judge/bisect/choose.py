# SPDX-License-Identifier: GPL-2.0-only
"""Which step's run tells most of the culprit, for the time that it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from orchestrator.judge.bisect.belief import Belief
from orchestrator.model.bisect import Built, Trial

LEAST = 1e-4  # bits of information: a run that tells less is not worth it
# Seconds, until the bisect's own builds and runs say better.
BUILD_S, RUN_S = 30.0, 5.0


def next_node(
    belief: Belief,
    builds: Mapping[int, Built],
    trials: Sequence[Trial],
    untestable: frozenset[int],
) -> int | None:
    """The step to run next; None if none tells anything.

    One that was built costs a run, any other a build before. Beside one that does not build,
    others may not build either: the next is looked for further away.
    """
    run_s = _mean([trial.took_s for trial in trials], RUN_S)
    build_s = _mean([built.took_s for built in builds.values() if not built.cached], BUILD_S)
    broken = [node for node, built in builds.items() if not built.identity]
    whole = [node for node, built in builds.items() if built.identity]
    best, best_worth = None, 0.0
    for node, reach in enumerate(belief.history.reach):
        if node in untestable:
            continue
        tells = gain(belief, reach)
        if tells < LEAST:
            continue
        costs = run_s if node in builds else build_s + run_s
        worth = tells / costs
        if node not in builds:
            worth *= 1 - _doubt(node, broken, whole)
        if worth > best_worth:
            best, best_worth = node, worth
    return best


def gain(belief: Belief, reach: int) -> float:
    """Bits that a run of the step with this reach tells of the culprit, on average."""
    fails, inside = 0.0, 0.0
    for one in belief.classes:
        share = belief.share(reach, one.mask)
        if one.mass <= 0.0:
            continue
        pairs = list(zip(one.joint, belief.rates, strict=True))
        bad = sum(joint * rate.bad for joint, rate in pairs)
        good = sum(joint * rate.good for joint, rate in pairs)
        fails += share * bad + (1 - share) * good
        inside += one.mass * (
            share * _entropy(bad / one.mass) + (1 - share) * _entropy(good / one.mass)
        )
    return _entropy(fails) - inside


def _doubt(node: int, broken: Sequence[int], whole: Sequence[int]) -> float:
    """How likely it is that this step does not build either, 0 to 0.9.

    The more were found broken between two that build, the further apart the next is taken.
    """
    low = max((each for each in whole if each < node), default=-1)
    high = min((each for each in whole if each > node), default=node + 1)
    near = [each for each in broken if low < each < high]
    if not near:
        return 0.0
    distance = min(abs(each - node) for each in near)
    return 0.9 * math.exp2(-distance / (2.0 * len(near)))


def _entropy(chance: float) -> float:
    if chance <= 0.0 or chance >= 1.0:
        return 0.0
    return -(chance * math.log2(chance) + (1 - chance) * math.log2(1 - chance))


def _mean(values: Sequence[float], otherwise: float) -> float:
    positive = [value for value in values if value > 0]
    return sum(positive) / len(positive) if positive else otherwise
