# SPDX-License-Identifier: GPL-2.0-only
"""How often a setup is run before it is said to pass, when the failure may be a flaky one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from orchestrator.model.shrink import Answer, Outcome, Setup, Tally

MOST_PASSES = 60  # runs of one setup that may pass before it is believed, however rare the failure
MOST_UNKNOWN = 2  # runs of a setup that say nothing before it is given up


def rate(seen: Tally) -> float:
    """How often the failure comes, estimated by the rule of succession: never 0, never 1."""
    return (seen.same + 1) / (seen.runs + 2)


def passes_needed(seen: Tally, chance: float) -> int:
    """Passing runs in a row after which a setup that fails as often as `seen` would have failed,
    but for this chance: the least k with (1 - rate)^k <= chance."""
    k = math.log(chance) / math.log(1.0 - rate(seen))
    return min(MOST_PASSES, max(1, math.ceil(k - 1e-9)))


class NeverAgain(Exception):
    """The failure did not come again in so many runs."""


@dataclass
class Trials:
    """Runs setups by a callback, which may raise, and remembers how they did.

    seen: runs of the start and of setups that failed; the rate comes of these. known: from an
    earlier search. Each tally is told to `note` when it has changed.
    """

    run: Callable[[Setup], Outcome]
    chance: float = 0.05
    known: Mapping[Setup, Tally] = field(default_factory=dict)
    note: Callable[[Setup, Outcome], None] = lambda _setup, _outcome: None

    def __post_init__(self) -> None:
        self.tallies: dict[Setup, Tally] = dict(self.known)
        self.seen = Tally()
        self.runs = 0

    @property
    def needed(self) -> int:
        return passes_needed(self.seen, self.chance)

    def repeat(self, start: Setup, failures: int = 3, most: int = 20) -> None:
        """Run the start until it has failed so often, or `most` runs were made. NeverAgain if it
        has not failed once."""
        while True:
            tally = self.tally(start)
            self.seen = replace(tally, unknown=0)
            if tally.same >= failures or tally.runs >= most:
                break
            if tally.unknown > MOST_UNKNOWN + tally.runs:
                break
            self._once(start)
        if not self.tally(start).same:
            raise NeverAgain(f"in {self.tally(start).runs} runs")

    def fails(self, setup: Setup) -> bool:
        """Does it, in one of as many runs as are needed to say that it does not?"""
        return self.answer(setup) is Answer.FAILS

    def answer(self, setup: Setup) -> Answer:
        """What is known after enough runs, which are made."""
        fresh = setup not in self.tallies or not self.tallies[setup].same
        while True:
            tally = self.tally(setup)
            if tally.same:
                if fresh:
                    self._learn(tally)
                return Answer.FAILS
            if tally.other >= self.needed:
                return Answer.PASSES
            if tally.unknown >= MOST_UNKNOWN:
                return Answer.UNKNOWN
            self._once(setup)

    def tally(self, setup: Setup) -> Tally:
        return self.tallies.get(setup, Tally())

    def _learn(self, tally: Tally) -> None:
        """Of a setup that failed: all its runs. The last one is the failure that ended them, so
        counting it would make rare failures look frequent."""
        self.seen = Tally(self.seen.same, self.seen.other + tally.other)
        if tally.other == 0:
            self.seen = replace(self.seen, same=self.seen.same + 1)

    def _once(self, setup: Setup) -> None:
        outcome = self.run(setup)
        self.runs += 1
        self.tallies[setup] = added(self.tally(setup), outcome)
        self.note(setup, outcome)


def added(tally: Tally, outcome: Outcome) -> Tally:
    """The tally with one more run."""
    name = outcome.value
    return replace(tally, **{name: getattr(tally, name) + 1})
