# SPDX-License-Identifier: GPL-2.0-only
"""Which step to build or run next, and when it is known enough.

A move is a function of what was built and run so far, so that an interrupted bisect goes on by
being told that again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from orchestrator.judge.bisect.belief import EXACT, Belief, Rate, Seen, believe
from orchestrator.judge.bisect.choose import next_node
from orchestrator.judge.bisect.history import History, bits
from orchestrator.model.bisect import Built, Outcome, Suspect, Trial, Word
from orchestrator.model.verdict import Verdict

# Of the doubt that is allowed, this part is used up; the rest is for what the model does not know:
# how often faults show in general, and that it stops when it happens to look sure.
DOUBT = 0.4
# Runs of a step that said nothing, and hardly another did: it cannot be tested. A host that is
# busy just now will have time again.
MUTE, MUTE_BY_HOST = 3, 15
GOOD_ENOUGH = 0.01  # probability that the good end is bad, below which the search begins


class Settings(Struct, frozen=True):
    """sure: stop at this probability. end_runs: of an end, until it is taken for the other one.
    first_runs: of the bad end at least, to learn how often it fails. max_runs: of all."""

    sure: float = 0.95
    end_runs: int = 20
    first_runs: int = 3
    max_runs: int = 500
    rates: tuple[Rate, ...] = EXACT

    @property
    def target(self) -> float:
        """The probability at which it stops."""
        return 1 - (1 - self.sure) * DOUBT


@dataclass
class State:
    """All that was built and run so far."""

    history: History
    builds: dict[int, Built] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)

    def count(self, node: int) -> Counter[Outcome]:
        """Runs of the kernel that this step builds, whichever step they were run for."""
        same = self.same_kernel(node)
        return Counter(trial.outcome for trial in self.trials if trial.node in same)

    def same_kernel(self, node: int) -> frozenset[int]:
        """The steps known to build the same kernel; itself alone if it was not built."""
        built = self.builds.get(node)
        if not built or not built.identity:
            return frozenset((node,))
        return frozenset(n for n, b in self.builds.items() if b.identity == built.identity)

    def untestable(self) -> frozenset[int]:
        """Steps that do not build, or whose runs say nothing."""
        return frozenset(node for node in self.builds if self.is_untestable(node))

    def is_untestable(self, node: int) -> bool:
        built = self.builds.get(node)
        if built and not built.identity:
            return True
        counts = self.count(node)
        told = counts[Outcome.GOOD] + counts[Outcome.BAD]
        by_host = sum(
            trial.node == node and trial.verdict in ("", Verdict.INFRASTRUCTURE.value)
            for trial in self.trials
            if trial.outcome is Outcome.UNKNOWN
        )
        return counts[Outcome.UNKNOWN] - by_host >= MUTE + told or by_host >= MUTE_BY_HOST + told

    def seen(self) -> list[Seen]:
        """One for each kernel that was built."""
        kernels: dict[str, list[int]] = {}
        for node, built in sorted(self.builds.items()):
            if built.identity:
                kernels.setdefault(built.identity, []).append(node)
        rows = []
        for nodes in kernels.values():
            counts = self.count(nodes[0])
            rows.append(Seen(tuple(nodes), counts[Outcome.BAD], counts[Outcome.GOOD]))
        return rows


class Build(Struct, frozen=True):
    node: int


class Run(Struct, frozen=True):
    node: int


class Stop(Struct, frozen=True):
    """suspects: the likeliest first; sure: that it is one of them."""

    word: Word
    suspects: tuple[Suspect, ...] = ()
    sure: float = 0.0
    node: int = 0  # END_UNTESTABLE: which one


Move = Build | Run | Stop


def next_move(state: State, settings: Settings) -> Move:
    """Both ends first, the bad one before the other; then what tells most for its time."""
    first, last = 0, state.history.last
    for node in (last, first):
        if node not in state.builds:
            return Build(node)
        if state.is_untestable(node):
            return Stop(Word.END_UNTESTABLE, node=node)
    if state.builds[first].identity == state.builds[last].identity:
        return Stop(Word.SAME_KERNEL)
    move = _bad_end(state, settings)
    if move:
        return move
    belief = believe(state.history, state.seen(), settings.rates)
    return _good_end(state, belief, settings) or _between(state, belief, settings)


def _bad_end(state: State, settings: Settings) -> Move | None:
    last = state.history.last
    counts = state.count(last)
    if not counts[Outcome.BAD]:
        tried = counts[Outcome.GOOD] >= settings.end_runs
        return Stop(Word.BAD_IS_GOOD) if tried else Run(last)
    if counts[Outcome.BAD] + counts[Outcome.GOOD] < settings.first_runs:
        return Run(last)
    return None


def _good_end(state: State, belief: Belief, settings: Settings) -> Move | None:
    wrong = belief.probability(0)
    counts = state.count(0)
    ran = counts[Outcome.GOOD] + counts[Outcome.BAD]
    if wrong >= settings.target:
        if counts[Outcome.BAD]:
            return Stop(Word.GOOD_IS_BAD, (Suspect(0, wrong),), wrong)
        # All others are ruled out, and it does not fail.
        hopeless = len(belief.classes) == 1 or ran >= 2 * settings.end_runs
        return Stop(Word.CONTRADICTION) if ran and hopeless else Run(0)
    # Of a rare fault no number of runs would do; the search itself asks again where it matters.
    if not ran or (wrong > GOOD_ENOUGH and ran < 2 * settings.end_runs):
        return Run(0)
    return None


def _between(state: State, belief: Belief, settings: Settings) -> Move:
    if not belief.classes:
        return Stop(Word.CONTRADICTION)
    untestable = state.untestable()
    top = belief.classes[0]
    single = top.mask.bit_count() == 1
    if top.mass >= settings.target and (single or not _separable(state, top.mask, untestable)):
        return Stop(Word.FOUND if single else Word.SET, _suspects(belief, top.mask), top.mass)
    node = next_node(belief, state.builds, state.trials, untestable)
    if node is None or len(state.trials) >= settings.max_runs:
        word = Word.SET if node is None else Word.UNSURE
        mask, mass = _smallest(belief, settings.target)
        return Stop(word, _suspects(belief, mask), mass)
    return Run(node) if node in state.builds else Build(node)


def _separable(state: State, mask: int, untestable: frozenset[int]) -> bool:
    """Is there a step whose runs could tell these apart?"""
    return any(
        mask & reach not in (0, mask)
        for node, reach in enumerate(state.history.reach)
        if node not in untestable
    )


def _smallest(belief: Belief, sure: float) -> tuple[int, float]:
    """The fewest classes that hold the culprit with this probability, and the probability."""
    mask, mass = 0, 0.0
    for one in belief.classes:
        if mass >= sure:
            break
        mask |= one.mask
        mass += one.mass
    return mask, mass


def _suspects(belief: Belief, mask: int) -> tuple[Suspect, ...]:
    found = [Suspect(node, belief.probability(node)) for node in bits(mask)]
    return tuple(sorted(found, key=lambda one: (-one.probability, one.node)))


def rate(state: State, rates: Sequence[Rate]) -> float | None:
    """How often bad steps fail, by all runs; None if none ever did."""
    if not any(trial.outcome is Outcome.BAD for trial in state.trials):
        return None
    belief = believe(state.history, state.seen(), rates)
    return belief.rate() if belief.classes else None
