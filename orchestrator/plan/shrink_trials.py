# SPDX-License-Identifier: GPL-2.0-only
"""How often a setup is run before it is said to pass, when the failure may be a flaky one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from orchestrator.model.shrink import Answer, Outcome, Setup, Tally

MOST_PASSES = 60  # runs of one setup that may pass before it is believed, however rare the failure
MOST_UNKNOWN = 5  # runs of a setup that say nothing before it is given up
SEARCH_CHANCE = 0.25  # of a wrong pass on the way; each neighbour of the result is asked again
REPEATED = 3  # failures of the start, and of the smallest setup, by which the rate is known


def chance_of_passes(seen: Tally, passes: int) -> float:
    """How likely so many passes in a row are of a setup that fails as often as `seen` did.

    How often that is, is not known either: the mean over all rates, by Bayes' rule from a uniform
    prior (so a Beta distribution), of (1 - rate)^passes.
    """
    chance = 1.0
    for k in range(passes):
        chance *= (seen.passes + 1 + k) / (seen.runs + 2 + k)
    return chance


def passes_needed(seen: Tally, chance: float) -> int:
    """The least number of passes in a row that has at most this chance, MOST_PASSES at most."""
    enough = (k for k in range(1, MOST_PASSES) if chance_of_passes(seen, k) <= chance)
    return next(enough, MOST_PASSES)


class NeverAgain(Exception):
    """The failure did not come again in so many runs."""


@dataclass
class Trials:
    """Runs setups by a callback, which may raise, and remembers how they did.

    seen: runs of the start and of setups that failed; how often the failure comes is told by
    these. known: runs of an interrupted search.
    """

    run: Callable[[Setup], Outcome]
    chance: float = 0.05
    known: Mapping[Setup, Tally] = field(default_factory=dict)
    searching: bool = True  # a pass that was luck costs a larger result, which contrast corrects

    def __post_init__(self) -> None:
        self.tallies: dict[Setup, Tally] = dict(self.known)
        self.seen = Tally()
        self._learnt: set[Setup] = set()

    @property
    def needed(self) -> int:
        chance = max(self.chance, SEARCH_CHANCE) if self.searching else self.chance
        return passes_needed(self.seen, chance)

    def repeat(self, setup: Setup, most: int = 20, failures: int = REPEATED) -> Tally:
        """Run it until it has failed so often, or `most` runs were made; from now on its runs tell
        how often the failure comes. NeverAgain if it has not failed once."""
        while True:
            tally = self.tally(setup)
            if tally.same >= failures or tally.runs >= most:
                break
            if tally.unknown > MOST_UNKNOWN + tally.runs:
                break
            self._once(setup)
        if not tally.same:
            raise NeverAgain(f"in {tally.runs} runs")
        self.seen = replace(tally, unknown=0)
        self._learnt = {setup}
        return tally

    def fails(self, setup: Setup) -> bool:
        """Does it, in one of as many runs as are needed to say that it does not?"""
        return self.answer(setup) is Answer.FAILS

    def answer(self, setup: Setup) -> Answer:
        """What is known after enough runs, which are made."""
        while True:
            tally = self.tally(setup)
            if tally.same:
                self._learn(setup)
                return Answer.FAILS
            if tally.passes >= self.needed:
                return Answer.OTHERWISE if tally.other else Answer.PASSES
            if tally.unknown >= MOST_UNKNOWN:
                return Answer.UNKNOWN
            self._once(setup)

    def tally(self, setup: Setup) -> Tally:
        return self.tallies.get(setup, Tally())

    def _learn(self, setup: Setup) -> None:
        if setup in self._learnt:
            return
        self._learnt.add(setup)
        tally, seen = self.tally(setup), self.seen
        self.seen = replace(
            seen,
            same=seen.same + tally.same,
            green=seen.green + tally.green,
            other=seen.other + tally.other,
        )

    def _once(self, setup: Setup) -> None:
        self.tallies[setup] = added(self.tally(setup), self.run(setup))


def added(tally: Tally, outcome: Outcome) -> Tally:
    """The tally with one more run."""
    name = outcome.value
    return replace(tally, **{name: getattr(tally, name) + 1})
