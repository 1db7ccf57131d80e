# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over options: rounds of a bisect over steps, each of which finds one more option that
is needed, and then the proof from the other side: the bad configuration without them passes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.judge.bisect.options import side_effects
from orchestrator.judge.bisect.search import Settings
from orchestrator.model.bisect import BisectResult, Built, Check, Outcome, Side, Step, Trial, Word
from orchestrator.model.bisect_options import Change, OptionsResult
from orchestrator.model.progress import Note, Progress
from orchestrator.model.shrink import Tally
from orchestrator.plan.shrink_trials import MOST_UNKNOWN, passes_needed
from orchestrator.workflow.bisect import TRIALS_SHOWN, Asked, Kept, Probe, run_bisect
from orchestrator.workflow.bisect_configs import Configs, RoundProbe

ALSO_FAILS = 0.4  # of the runs, where the failure is a time: between what good and bad ends do
_ORDER = {Outcome.BAD: 0, Outcome.GOOD: 1, Outcome.UNKNOWN: 2}


@dataclass(frozen=True)
class OptionsAsked:
    """What is looked for, between which ends. differing: in the order they are tried."""

    good: str
    bad: str
    differing: tuple[Change, ...]
    check: Check
    tree: str
    run_dir: Path
    started_at: str
    command: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    notes: tuple[str, ...] = ()


@dataclass
class _Found:
    """So far. groups: options that are needed; several in one cannot be told apart."""

    groups: list[tuple[Change, ...]] = field(default_factory=list)
    sure: float = 1.0
    rate: float | None = None
    word: Word = Word.FOUND
    suspects: tuple[tuple[Change, float], ...] = ()
    rounds: int = 0

    @property
    def names(self) -> frozenset[str]:
        return frozenset(change.name for group in self.groups for change in group)


def run_options(
    asked: OptionsAsked, configs: Configs, probe: Probe, kept: Kept, progress: Progress
) -> OptionsResult:
    """Build and run until it is clear. Raises InfrastructureError where the probe does."""
    began_s = time.monotonic()
    work = _Work(asked, configs, probe, kept, progress)
    found = _Found()
    left = asked.differing
    while left and found.word is Word.FOUND:
        left = work.round(found, left)
    with_it = without = None
    if found.groups:
        # The same for what is said of a set of which one is needed.
        with_it = configs.number(found.names, f"good with {_count(found.names)} of bad's options")
        if found.word in (Word.FOUND, Word.SET):
            without, word = work.other_side(found, with_it)
            if found.word is Word.FOUND or word is Word.NOT_ALONE:
                found.word = word
    return work.result(found, with_it, without, time.monotonic() - began_s)


def _count(names: frozenset[str]) -> str:
    return next(iter(names)) if len(names) == 1 else str(len(names))


class _Work:
    def __init__(
        self, asked: OptionsAsked, configs: Configs, probe: Probe, kept: Kept, progress: Progress
    ) -> None:
        self.asked, self.configs, self.probe, self.kept = asked, configs, probe, kept
        self.progress = progress
        self.names = frozenset(change.name for change in asked.differing)

    def round(self, found: _Found, left: tuple[Change, ...]) -> tuple[Change, ...]:
        """One more that is needed, into found; among which the next is to be looked for."""
        found.rounds += 1
        fixed = found.names
        if found.groups:
            names = ", ".join(sorted(fixed))
            self.progress(Note(f"is that enough: {names}? {len(left)} stand before it"))
        result = self._bisect(fixed, left, found.rounds)
        found.rate = found.rate if result.rate is None else result.rate
        enough = result.word in (Word.GOOD_IS_BAD, Word.SAME_KERNEL) and bool(fixed)
        if enough:
            found.sure *= result.sure if result.word is Word.GOOD_IS_BAD else 1.0
            return ()
        nodes = sorted(suspect.node for suspect in result.suspects if suspect.node)
        if result.word in (Word.FOUND, Word.SET) and nodes:
            found.groups.append(tuple(left[node - 1] for node in nodes))
            found.sure *= result.sure
            if result.word is Word.SET:
                found.word = Word.SET
            return left[: nodes[0] - 1]
        found.word = result.word
        found.sure *= result.sure
        found.suspects = tuple(
            (left[suspect.node - 1], suspect.probability)
            for suspect in result.suspects
            if suspect.node
        )
        if result.word is Word.END_UNTESTABLE and fixed:
            # They cannot be tried alone: some of those before are needed to build or run at all.
            found.word = Word.SET
            found.groups.append(left)
        return ()

    def _bisect(self, fixed: frozenset[str], left: Sequence[Change], rounds: int) -> BisectResult:
        def subset(node: int) -> frozenset[str]:
            return fixed | {change.name for change in left[:node]}

        def title(node: int) -> str:
            also = f"{', '.join(sorted(fixed))} and " if fixed else ""
            if not node:
                return f"good with {', '.join(sorted(fixed))}" if fixed else "good"
            if node == len(self.names):
                return "bad"
            return f"good with {also}the first {node} of {len(left)}, up to {left[node - 1]}"

        first = Step("good", title(0))
        steps = (first, *(Step(one.name, f"{one.good} → {one.bad}", parents=(number,))
                          for number, one in enumerate(left)))  # fmt: skip
        probe = RoundProbe(self.configs, self.probe, self.kept, subset, title, self.progress)
        ends = (self.configs.number(subset(node), title(node)) for node in (0, len(left)))
        spared = sum(len(self.configs.all[number].trials) for number in ends) if rounds > 1 else 0
        runs = max(1, self.asked.settings.max_runs - self._runs() + spared)
        settings = replace(self.asked.settings, max_runs=runs if rounds > 1 else
                           self.asked.settings.max_runs)  # fmt: skip
        asked = Asked(
            steps=steps,
            check=self.asked.check,
            tree=self.asked.tree,
            run_dir=self.asked.run_dir,
            started_at=self.asked.started_at,
            settings=settings,
        )
        return run_bisect(asked, probe, _Nowhere(), self.progress)

    def _runs(self) -> int:
        return sum(len(known.trials) for known in self.configs.all)

    def other_side(self, found: _Found, with_it: int) -> tuple[int, Word]:
        """(The bad configuration without what was found; FOUND if it passes)."""
        rest = self.names - found.names
        title = f"bad without {', '.join(sorted(found.names))}"
        self.progress(Note(f"{title}: does that pass?"))
        number = self.configs.number(rest, title)
        probe = RoundProbe(
            self.configs, self.probe, self.kept, lambda _: rest, lambda _: title, self.progress
        )
        if not probe.build(0).identity:
            return number, Word.ONE_SIDED
        own = self._tally(with_it)
        needed = passes_needed(Tally(own[0], own[1]), 1 - self.asked.settings.sure)
        while True:
            bad, good, unknown = self._tally(number)
            done = bad + good >= needed
            if self._also_fails(bad, good) and (not self.asked.check.timed or done):
                return number, Word.NOT_ALONE
            if done:
                return number, Word.FOUND
            if unknown > MOST_UNKNOWN + bad + good or self._runs() >= self.asked.settings.max_runs:
                return number, Word.ONE_SIDED
            trial = probe.run(0, 0)
            self.progress(Note(f"{title}: {trial.outcome.value}: {trial.said}"))

    def _also_fails(self, bad: int, good: int) -> bool:
        return bad > (ALSO_FAILS * (bad + good) if self.asked.check.timed else 0)

    def _tally(self, number: int) -> tuple[int, int, int]:
        outcomes = [trial.outcome for trial in self.configs.all[number].trials]
        return tuple(outcomes.count(each) for each in (Outcome.BAD, Outcome.GOOD, Outcome.UNKNOWN))  # type: ignore[return-value]

    def result(
        self, found: _Found, with_it: int | None, without: int | None, took_s: float
    ) -> OptionsResult:
        asked, configs = self.asked, self.configs
        own: tuple[Change, ...] = ()
        brings: tuple[Change, ...] = ()
        if with_it is not None:
            good = configs.closed(frozenset()).values
            own, brings = side_effects(good, configs.all[with_it].closed.values, found.names)
        ends = (configs.number(frozenset(), "good"), configs.number(self.names, "bad"))
        return OptionsResult(
            word=found.word,
            check=asked.check,
            command=asked.command,
            started_at=asked.started_at,
            run_dir=str(asked.run_dir),
            tree=asked.tree,
            good=asked.good,
            bad=asked.bad,
            differing=asked.differing,
            culprits=own,
            brings=brings,
            suspects=found.suspects,
            sure=found.sure,
            asked_sure=asked.settings.sure,
            rate=found.rate,
            with_it=self._side(with_it),
            without=self._side(without),
            ends=tuple(side for side in map(self._side, ends) if side),
            configs=tuple(known.tried for known in configs.all),
            builds=tuple(
                replace(known.built, node=number)
                for number, known in enumerate(configs.all)
                if known.built
            ),
            trials=tuple(trial for known in configs.all for trial in known.trials),
            rounds=found.rounds,
            resumed=configs.resumed,
            took_s=round(took_s, 1),
            notes=asked.notes,
        )

    def _side(self, number: int | None) -> Side | None:
        if number is None:
            return None
        bad, good, unknown = self._tally(number)
        trials = sorted(self.configs.all[number].trials, key=lambda one: _ORDER[one.outcome])
        return Side(number, good, bad, unknown, tuple(trials[:TRIALS_SHOWN]))


class _Nowhere:
    """A Kept that keeps nothing: what a round builds and runs is written down by its probe."""

    def add(self, event: Built | Trial) -> None:
        """It is known."""
