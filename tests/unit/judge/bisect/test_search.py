# SPDX-License-Identifier: GPL-2.0-only
"""Planted faults are found, flaky ones as surely as is claimed, and what cannot be told is said."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulate import Fault, simulate

from orchestrator.judge.bisect.belief import TIMED, Rate
from orchestrator.judge.bisect.history import history, line
from orchestrator.judge.bisect.search import Settings, State, Stop, next_move
from orchestrator.model.bisect import Built, Outcome, Trial, Word

SURE = 0.95


def hits(rate: float, seeds: range, asked: Settings | None = None, noise: float = 0.0) -> float:
    """The share of seeds whose planted commit is the one that was named."""
    right = 0
    for seed in seeds:
        culprit = random.Random(seed * 7 + 1).randrange(1, 20)
        stop, _ = simulate(line(20), Fault(culprit, rate, noise), seed, asked)
        right += stop.word is Word.FOUND and stop.suspects[0].node == culprit
    return right / len(seeds)


@pytest.mark.parametrize("rate", [1.0, 0.8, 0.5, 0.3])
def test_the_right_commit_is_named_as_often_as_claimed(rate: float) -> None:
    assert hits(rate, range(40)) >= SURE


def test_so_it_is_where_good_runs_exceed_a_bound_as_well() -> None:
    asked = Settings(rates=TIMED, first_runs=5)
    assert hits(0.9, range(40), asked, noise=0.05) >= SURE


def test_to_take_a_pass_for_a_proof_names_wrong_commits() -> None:
    """The rule that git bisect has: what these tests would see if rates were not estimated."""
    naive = Settings(rates=(Rate(0.999, 0.002, 1.0),))
    assert hits(0.5, range(40), naive) < 0.5


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_fault_that_always_shows_is_found_in_few_builds(data: st.DataObject) -> None:
    steps = data.draw(st.integers(2, 70))
    culprit = data.draw(st.integers(1, steps - 1))
    stop, state = simulate(line(steps), Fault(culprit), data.draw(st.integers(0, 99)))
    assert stop.word is Word.FOUND and [one.node for one in stop.suspects] == [culprit]
    assert stop.sure >= SURE
    assert len(state.builds) <= 3 + (steps - 1).bit_length() + 1


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_history_with_merges(data: st.DataObject) -> None:
    steps = data.draw(st.integers(3, 25))
    parents: list[tuple[int, ...]] = [(), (0,)]
    for node in range(2, steps):
        theirs = data.draw(st.sets(st.integers(0, node - 1), min_size=1, max_size=2))
        parents.append(tuple(sorted(theirs)))
    parents.append(tuple(range(1, steps)))  # the bad end has all of them
    culprit = data.draw(st.integers(1, steps))
    stop, _ = simulate(history(parents), Fault(culprit))
    assert stop.word is Word.FOUND and stop.suspects[0].node == culprit


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_does_not_build_leaves_a_set_or_none(data: st.DataObject) -> None:
    steps = data.draw(st.integers(4, 25))
    inner = st.sets(st.integers(1, steps - 2), max_size=steps)
    broken, culprit = data.draw(inner), data.draw(st.integers(1, steps - 1))
    stop, state = simulate(line(steps), Fault(culprit), broken=broken)
    suspects = {one.node for one in stop.suspects}
    assert culprit in suspects and stop.sure >= SURE
    # From behind the last that builds and is good up to the first that builds and is bad.
    low = max(n for n in range(culprit) if n not in broken)
    high = min(n for n in range(culprit, steps) if n not in broken)
    assert suspects == set(range(low + 1, high + 1))
    assert stop.word is (Word.FOUND if len(suspects) == 1 else Word.SET)
    assert not any(trial.node in broken for trial in state.trials)


def test_the_same_kernel_is_run_for_one_step_only_and_is_no_culprit() -> None:
    same = {4: 3, 5: 3, 7: 6}
    stop, state = simulate(line(9), Fault(6), same=same)
    assert stop.word is Word.FOUND and stop.suspects[0].node == 6
    identities = [state.builds[trial.node].identity for trial in state.trials]
    assert len({trial.node for trial in state.trials}) == len(set(identities))


def test_runs_of_one_kernel_count_for_all_steps_that_build_it() -> None:
    state = State(line(4), {n: Built(n, name) for n, name in enumerate("abbc")})
    state.trials += [Trial(2, Outcome.GOOD), Trial(1, Outcome.BAD), Trial(3, Outcome.BAD)]
    assert state.count(1) == state.count(2) == {Outcome.GOOD: 1, Outcome.BAD: 1}
    assert len(state.seen()) == 3


def test_a_good_end_that_fails_is_told() -> None:
    stop, state = simulate(line(20), Fault(0))
    assert stop.word is Word.GOOD_IS_BAD and stop.sure >= SURE
    assert {trial.node for trial in state.trials} == {0, 19}


def test_a_flaky_good_end_is_told_as_well() -> None:
    words = [simulate(line(20), Fault(0, rate=0.4), seed)[0].word for seed in range(40)]
    assert words.count(Word.GOOD_IS_BAD) >= 0.95 * len(words)


def test_a_bad_end_that_passes_is_told_after_the_runs_asked() -> None:
    stop, state = simulate(line(20), Fault(10, rate=0.0), settings=Settings(end_runs=7))
    assert stop.word is Word.BAD_IS_GOOD
    assert [trial.node for trial in state.trials] == [19] * 7


@pytest.mark.parametrize("end", [0, 19])
def test_an_end_that_does_not_build(end: int) -> None:
    stop, state = simulate(line(20), Fault(10), broken={end})
    assert stop == Stop(Word.END_UNTESTABLE, node=end) and not state.trials


def test_ends_that_are_the_same_kernel_are_not_run() -> None:
    stop, state = simulate(line(5), Fault(2), same={4: 0})
    assert stop.word is Word.SAME_KERNEL and not state.trials


def test_a_failure_that_comes_and_goes_is_no_commit() -> None:
    """Two kernels in turn: whoever is the culprit, one of the two would be both."""
    state = State(line(5), {n: Built(n, name) for n, name in enumerate("abaab")})
    state.builds[3] = Built(3, "b")
    state.builds[2] = Built(2, "a")
    for node in (0, 4, 4, 4):
        state.trials.append(Trial(node, Outcome.BAD if node else Outcome.GOOD))
    assert next_move(state, Settings()) == Stop(Word.CONTRADICTION)


def test_no_more_runs_than_allowed() -> None:
    stop, state = simulate(line(20), Fault(10, rate=0.2), 3, Settings(max_runs=30))
    assert stop.word is Word.UNSURE and len(state.trials) == 30
    assert sum(one.probability for one in stop.suspects) == pytest.approx(stop.sure)


def test_a_step_whose_runs_say_nothing_is_skipped() -> None:
    state = State(line(3), {n: Built(n, f"k{n}") for n in range(3)})
    state.trials += [Trial(0, Outcome.GOOD), *[Trial(2, Outcome.BAD)] * 3]
    assert next_move(state, Settings()).node == 1
    state.trials += [Trial(1, Outcome.UNKNOWN, verdict="crash")] * 3
    stop = next_move(state, Settings())
    assert isinstance(stop, Stop) and stop.word is Word.SET
    assert {one.node for one in stop.suspects} == {1, 2}


def test_a_busy_host_is_asked_again() -> None:
    state = State(line(3), {n: Built(n, f"k{n}") for n in range(3)})
    state.trials += [Trial(0, Outcome.GOOD), *[Trial(2, Outcome.BAD)] * 3]
    state.trials += [Trial(1, Outcome.UNKNOWN, verdict="infrastructure")] * 14
    assert next_move(state, Settings()).node == 1
    state.trials.append(state.trials[-1])
    assert isinstance(next_move(state, Settings()), Stop)
