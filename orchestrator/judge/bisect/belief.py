# SPDX-License-Identifier: GPL-2.0-only
"""How likely each step is to be the one that broke it, by all runs so far (Bayes).

Nobody knows how often the fault shows, so that is estimated beside: for each of a list of rates
it is said how likely the runs would have been. A pass of a fault that shows in one of five runs
makes a step only a little less likely to hold it; a failure says much, since a step without the
fault hardly ever fails the same way.

Steps that no run tells apart are one class, so that a history of thousands costs no more than the
few dozen steps of it that were run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from orchestrator.judge.bisect.history import History

# Before anything was run: the "good" end may have the fault already.
GOOD_IS_BAD = 0.05


class Rate(Struct, frozen=True):
    """How often a run fails: of a step with the fault, of one without. prior: how likely this
    pair is, before anything was run."""

    bad: float
    good: float
    prior: float


# A finding is a finding: what fails without the fault is rare. Many faults show always.
_ALWAYS, _NEVER = 0.999, 0.002
_SOMETIMES = (0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.96)
EXACT = (
    Rate(_ALWAYS, _NEVER, 0.4),
    *(Rate(bad, _NEVER, 0.6 / len(_SOMETIMES)) for bad in _SOMETIMES),
)
# Times vary: good steps exceed a bound as well.
_PAIRS = tuple(
    (bad, good)
    for bad in (_ALWAYS, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
    for good in (_NEVER, 0.02, 0.05, 0.1, 0.2, 0.3)
    if bad >= good + 0.3
)
TIMED = tuple(Rate(bad, good, 1 / len(_PAIRS)) for bad, good in _PAIRS)


class Seen(Struct, frozen=True):
    """Runs of one built kernel. nodes: the steps that build it."""

    nodes: tuple[int, ...]
    bad: int
    good: int


class Class(Struct, frozen=True):
    """Steps that no run tells apart. joint[k]: that the culprit is one of them and the k-th
    rate holds; over all classes they add up to 1."""

    mask: int
    joint: tuple[float, ...]

    @property
    def mass(self) -> float:
        return sum(self.joint)


class Belief(Struct, frozen=True):
    """classes: the likeliest first; none if no single step explains all runs."""

    history: History
    rates: tuple[Rate, ...]
    classes: tuple[Class, ...]

    def share(self, mask: int, of: int) -> float:
        """How much of a class `of` lies in mask; all steps of a class are equally likely."""
        return _prior(mask & of, self.history) / _prior(of, self.history)

    def probability(self, node: int) -> float:
        """That this step is the culprit."""
        bit = 1 << node
        return sum(one.mass * self.share(bit, one.mask) for one in self.classes if one.mask & bit)

    def rate(self) -> float:
        """How often a step with the fault fails."""
        return sum(
            joint * rate.bad
            for one in self.classes
            for joint, rate in zip(one.joint, self.rates, strict=True)
        )


def believe(history: History, seen: Sequence[Seen], rates: Sequence[Rate]) -> Belief:
    """What all of these runs together say.

    Steps that build one kernel are all good or all bad: no culprit is between them.
    """
    start = tuple(math.log(rate.prior) for rate in rates)
    classes: list[tuple[int, tuple[float, ...]]] = [(history.everything, start)]
    for one in seen:
        every, some = history.everything, 0
        for node in one.nodes:
            every &= history.reach[node]
            some |= history.reach[node]
        if not one.bad + one.good:
            kept = ((mask & (every | ~some), said) for mask, said in classes)
            classes = [(mask, said) for mask, said in kept if mask]
            continue
        with_it = tuple(_log(rate.bad, one) for rate in rates)
        without = tuple(_log(rate.good, one) for rate in rates)
        split = []
        for mask, said in classes:
            for part, more in ((mask & every, with_it), (mask & ~some, without)):
                if part:
                    split.append((part, tuple(map(sum, zip(said, more, strict=True)))))
        classes = split
    priors = [math.log(_prior(mask, history)) for mask, _ in classes]
    highest = max((prior + max(said) for prior, (_, said) in zip(priors, classes, strict=True)),
                  default=0.0)  # fmt: skip
    weights = [
        tuple(math.exp(prior + each - highest) for each in said)
        for prior, (_, said) in zip(priors, classes, strict=True)
    ]
    total = sum(map(sum, weights))
    found = [
        Class(mask, tuple(weight / total for weight in joint))
        for (mask, _), joint in zip(classes, weights, strict=True)
    ]
    return Belief(
        history, tuple(rates), tuple(sorted(found, key=lambda one: (-one.mass, one.mask)))
    )


def _prior(mask: int, history: History) -> float:
    """Of a set of steps, before anything was run."""
    others = (mask & ~1).bit_count()
    return (mask & 1) * GOOD_IS_BAD + others * (1 - GOOD_IS_BAD) / max(history.last, 1)


def _log(fails: float, one: Seen) -> float:
    return one.bad * math.log(fails) + one.good * math.log1p(-fails)
