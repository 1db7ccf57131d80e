# SPDX-License-Identifier: GPL-2.0-only
"""Rounds over options, with a Kconfig and a kernel that are functions: which sets are found, with
which proof, also where they are flaky, depend on one another, or cannot be tested."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orchestrator.judge.bisect.options import changes, mixed
from orchestrator.judge.bisect.search import Settings
from orchestrator.model.bisect import Built, Check, Outcome, Trial, Word
from orchestrator.model.bisect_options import OptionsResult
from orchestrator.model.progress import silent
from orchestrator.workflow.bisect_configs import Closed, Configs
from orchestrator.workflow.bisect_options import run_options
from orchestrator.workflow.bisect_options_result import OptionsAsked

NAMES = tuple(f"CONFIG_{number:03}" for number in range(40))
BAD = dict.fromkeys(NAMES, "y")
On = frozenset[str]


class Killed(Exception):
    """In the place of a signal."""


@dataclass
class World:
    """fails, builds: of the options that are on. needs: option → the option it depends on."""

    fails: Callable[[On], bool]
    builds: Callable[[On], bool] = lambda _on: True
    needs: dict[str, str] = field(default_factory=dict)
    rate: float = 1.0
    left: int = 10_000  # runs until it is killed
    events: list[Built | Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(11)
        self.runs = self.asked = 0

    def close(self, as_bad: On) -> Closed:
        self.asked += 1
        on = set(mixed({}, changes({}, BAD), as_bad))
        while lost := {name for name in on if self.needs.get(name, name) not in on}:
            on -= lost
        return Closed("+".join(sorted(on)) or "none", {name: "y" for name in NAMES if name in on})

    def build(self, number: int) -> Built:
        key = self.configs.all[number].closed.key
        identity = key if self.builds(self._on(number)) else ""
        return Built(number, identity, 9.0, error="" if identity else "broken", run_dir=f"/r/{key}")

    def run(self, number: int, trial: int) -> Trial:
        if self.runs == self.left:
            raise Killed
        self.runs += 1
        bad = self.fails(self._on(number)) and self.rng.random() < self.rate
        outcome = Outcome.BAD if bad else Outcome.GOOD
        key = self.configs.all[number].closed.key
        return Trial(number, outcome, f"/r/{key}/run-{trial}", took_s=3.0)

    def _on(self, number: int) -> On:
        return frozenset(self.configs.all[number].closed.values)

    def add(self, event: Built | Trial) -> None:
        self.events.append(event)

    def bisect(self, **settings: int) -> OptionsResult:
        self.configs = Configs(self.close, lambda closed: len(closed.values))
        self.configs.remember(self.events)
        asked = OptionsAsked("good", "bad", changes({}, BAD), Check(), "tree", Path("/r"), "now",
                             settings=Settings(**settings))  # fmt: skip
        return run_options(asked, self.configs, self, self, silent)


def names(result: OptionsResult) -> set[str]:
    return {change.name for change in result.culprits}


@pytest.mark.parametrize("rate", [1.0, 0.5])
@pytest.mark.parametrize(
    "needed",
    [{NAMES[0]}, {NAMES[39]}, {NAMES[7]}, {NAMES[3], NAMES[30]}, {NAMES[0], NAMES[1], NAMES[20]}],
)
def test_all_options_that_are_needed_and_no_other(needed: set[str], rate: float) -> None:
    world = World(lambda on: needed <= on, rate=rate)
    result = world.bisect()
    assert (result.word, names(result)) == (Word.FOUND, needed)
    assert result.sure >= 0.95 ** len(needed)
    assert result.with_it and result.with_it.bad
    assert result.without and result.without.good and not result.without.bad
    if rate == 1:
        assert len(result.builds) < 9 * len(needed) + 4
        assert len(result.trials) < 14 * (len(needed) + 1)
    keys = [tried.key for tried in result.configs]
    assert len(set(keys)) == len(keys)


def test_what_an_option_depends_on_is_found_with_it() -> None:
    """NAMES[5] is dropped by Kconfig unless NAMES[25] is on."""
    world = World(lambda on: NAMES[5] in on, needs={NAMES[5]: NAMES[25]})
    result = world.bisect()
    assert (result.word, names(result)) == (Word.FOUND, {NAMES[5], NAMES[25]})


def test_another_cause_is_not_kept_silent() -> None:
    result = World(lambda on: NAMES[9] in on or NAMES[30] in on).bisect()
    assert (result.word, names(result)) == (Word.NOT_ALONE, {NAMES[9]})
    assert result.word.exit_code == 1 and result.without and result.without.bad


def test_what_steps_cannot_tell_apart_single_options_may() -> None:
    """NAMES[10] does not build without NAMES[12]; it has nothing to do with the failure."""
    needed, last = {NAMES[2], NAMES[11]}, NAMES[12]
    world = World(lambda on: needed <= on, builds=lambda on: NAMES[10] not in on or last in on)
    result = world.bisect()
    assert (result.word, names(result)) == (Word.FOUND, needed)
    assert result.with_it and result.with_it.bad and result.without and result.without.good


def test_what_cannot_be_tried_without_others_is_a_set_with_them() -> None:
    """NAMES[20] fails, and builds only with one that comes before it."""
    both = {NAMES[3], NAMES[20]}
    world = World(lambda on: NAMES[20] in on, builds=lambda on: NAMES[20] not in on or both <= on)
    result = world.bisect()
    assert (result.word, names(result)) == (Word.SET, both)
    assert result.word.exit_code == 1 and result.without and result.without.good


def test_a_bad_end_that_does_not_build_without_them_is_one_side_only() -> None:
    world = World(lambda on: NAMES[4] in on, builds=lambda on: len(on) != 39)
    result = world.bisect()
    assert (result.word, names(result)) == (Word.ONE_SIDED, {NAMES[4]})


@pytest.mark.parametrize(
    ("world", "word", "code"),
    [
        (World(lambda _on: True), Word.GOOD_IS_BAD, 2),
        (World(lambda _on: False), Word.BAD_IS_GOOD, 2),
        (World(lambda on: len(on) > 2, builds=lambda on: len(on) < 40), Word.END_UNTESTABLE, 3),
    ],
)
def test_ends_that_are_not_what_they_are_called(world: World, word: Word, code: int) -> None:
    result = world.bisect()
    assert (result.word, result.word.exit_code) == (word, code)
    assert not result.culprits and result.with_it is None


def test_runs_are_used_up() -> None:
    result = World(lambda on: {NAMES[3], NAMES[30]} <= on).bisect(max_runs=8)
    assert result.word is Word.UNSURE and len(result.trials) <= 9


def test_killed_it_goes_on_and_makes_nothing_twice() -> None:
    needed = {NAMES[3], NAMES[30]}
    whole = World(lambda on: needed <= on).bisect()
    world = World(lambda on: needed <= on, left=5)
    for left in (5, 12, 20):
        world.left = left
        with pytest.raises(Killed):
            world.bisect()
    world.left = 10_000
    result = world.bisect()
    assert (result.word, names(result)) == (Word.FOUND, needed)
    assert result.resumed == 20 and len(result.trials) == len(whole.trials) == world.runs
    assert sum(isinstance(event, Built) for event in world.events) == len(result.builds)
