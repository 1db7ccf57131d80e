# SPDX-License-Identifier: GPL-2.0-only
"""How often a setup is run: enough for the chance that is stated, and no word without runs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.shrink import Answer, Outcome, Setup, Tally
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.shrink_trials import (
    MOST_PASSES,
    NeverAgain,
    Trials,
    chance_of_passes,
    passes_needed,
)

MACHINE = Topology("m", "", (Node(0, (0,), 128),))
START = Setup(("a", "b"), MACHINE, ())
OTHER = Setup(("a",), MACHINE, ())
SEEDS = 200
SAME, GREEN, RED, MUTE = Outcome.SAME, Outcome.GREEN, Outcome.OTHER, Outcome.UNKNOWN


class Script:
    """Outcomes in turn, the last one for ever."""

    def __init__(self, **by_suites: list[Outcome]) -> None:
        self.left = by_suites
        self.runs = 0

    def __call__(self, setup: Setup) -> Outcome:
        self.runs += 1
        rest = self.left["".join(setup.suites)]
        return rest.pop(0) if len(rest) > 1 else rest[0]


@pytest.mark.parametrize(
    ("seen", "passes", "chance"),
    [
        (Tally(), 1, 1 / 2),
        (Tally(same=3), 1, 1 / 5),
        (Tally(same=3), 2, 1 / 5 * 2 / 6),
        (Tally(same=1, green=1), 1, 1 / 2),
        (Tally(same=1, green=1, other=1), 2, 3 / 5 * 4 / 6),
        (Tally(same=3, unknown=9), 1, 1 / 5),
    ],
)
def test_the_chance_is_the_mean_of_a_beta_distribution(
    seen: Tally, passes: int, chance: float
) -> None:
    assert chance_of_passes(seen, passes) == pytest.approx(chance)


@given(st.integers(1, 40), st.integers(0, 40), st.floats(0.001, 0.5))
def test_so_many_passes_are_enough_and_one_less_is_not(
    same: int, green: int, chance: float
) -> None:
    seen = Tally(same=same, green=green)
    needed = passes_needed(seen, chance)
    assert 1 <= needed <= MOST_PASSES
    if needed < MOST_PASSES:
        assert chance_of_passes(seen, needed) <= chance
    assert needed == 1 or chance_of_passes(seen, needed - 1) > chance


def test_a_failure_that_always_comes_needs_few_passes() -> None:
    assert passes_needed(Tally(same=3), 0.05) == 3
    assert passes_needed(Tally(same=30), 0.05) == 1


def trials(script: Script) -> Trials:
    return Trials(script, 0.05, searching=False)


def test_the_start_is_run_until_it_failed_three_times() -> None:
    script = Script(ab=[GREEN, SAME, GREEN, SAME, SAME, GREEN])
    made = trials(script)
    assert made.repeat(START) == Tally(same=3, green=2) == made.seen
    assert script.runs == 5


def test_one_that_never_fails_again_is_an_exception() -> None:
    script = Script(ab=[GREEN])
    with pytest.raises(NeverAgain, match="in 7 runs"):
        trials(script).repeat(START, most=7)
    assert script.runs == 7


def test_one_that_says_nothing_is_given_up() -> None:
    script = Script(ab=[MUTE])
    with pytest.raises(NeverAgain, match="in 0 runs"):
        trials(script).repeat(START)
    assert script.runs < 9


@pytest.mark.parametrize(
    ("outcomes", "answer", "runs"),
    [
        ([SAME], Answer.FAILS, 1),
        ([GREEN, GREEN, SAME], Answer.FAILS, 3),
        ([GREEN], Answer.PASSES, 3),
        ([GREEN, RED, GREEN], Answer.OTHERWISE, 3),
        ([MUTE], Answer.UNKNOWN, 5),
        ([MUTE, GREEN], Answer.PASSES, 4),
    ],
)
def test_an_answer_rests_on_enough_runs(outcomes: list[Outcome], answer: Answer, runs: int) -> None:
    script = Script(ab=[SAME], a=outcomes)
    made = trials(script)
    made.repeat(START)
    script.runs = 0
    assert made.answer(OTHER) is answer
    assert script.runs == runs
    assert made.answer(OTHER) is answer  # known by now
    assert script.runs == runs


def test_what_failed_tells_of_the_rate_once() -> None:
    script = Script(ab=[SAME], a=[GREEN, SAME])
    made = trials(script)
    made.repeat(START)
    for _ in range(3):
        assert made.fails(OTHER)
    assert made.seen == Tally(same=4, green=1)


def test_runs_of_an_interrupted_search_are_not_made_again() -> None:
    script = Script(ab=[SAME], a=[GREEN])
    made = Trials(script, 0.05, {START: Tally(same=3), OTHER: Tally(green=2)}, searching=False)
    made.repeat(START)
    assert made.answer(OTHER) is Answer.PASSES
    assert script.runs == 1 and made.seen == Tally(same=3)


@pytest.mark.parametrize("rate", [0.9, 0.5, 0.3])
def test_a_flaky_one_is_seldom_said_to_pass(rate: float) -> None:
    """The stated chance is 5 %."""
    wrong = 0
    for seed in range(SEEDS):
        dice = random.Random(seed)
        made = Trials(lambda _, d=dice: SAME if d.random() < rate else GREEN, searching=False)
        made.repeat(START, most=200)
        wrong += made.answer(OTHER) is Answer.PASSES
    assert wrong / SEEDS < 0.08
