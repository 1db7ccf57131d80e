# SPDX-License-Identifier: GPL-2.0-only
"""The probabilities are those of Bayes' rule, written out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.judge.bisect.belief import EXACT, GOOD_IS_BAD, TIMED, Rate, Seen, believe
from orchestrator.judge.bisect.choose import gain
from orchestrator.judge.bisect.history import History, bits, history, line


@st.composite
def histories(draw: st.DrawFn) -> History:
    steps = draw(st.integers(2, 9))
    parents: list[tuple[int, ...]] = [()]
    for node in range(1, steps):
        theirs = draw(st.sets(st.integers(0, node - 1), max_size=2))
        parents.append(tuple(sorted(theirs)))
    return history(parents)


@st.composite
def runs(draw: st.DrawFn, steps: int) -> list[Seen]:
    """Of each step at most one kernel."""
    order = draw(st.permutations(range(steps)))
    seen, counts = [], st.integers(0, 4)
    while order:
        size = draw(st.integers(1, 2))
        nodes, order = tuple(sorted(order[:size])), order[size:]
        if draw(st.booleans()):
            seen.append(Seen(nodes, draw(counts), draw(counts)))
    return seen


def by_hand(past: History, seen: list[Seen], rates: tuple[Rate, ...]) -> list[float]:
    steps = len(past.reach)
    joint = [0.0] * steps
    for culprit in range(steps):
        prior = GOOD_IS_BAD if culprit == 0 else (1 - GOOD_IS_BAD) / (steps - 1)
        for rate in rates:
            weight = prior * rate.prior
            for one in seen:
                has = {past.reach[node] >> culprit & 1 for node in one.nodes}
                if len(has) > 1:
                    weight = 0.0
                fails = rate.bad if has == {1} else rate.good
                weight *= fails**one.bad * (1 - fails) ** one.good
            joint[culprit] += weight
    total = sum(joint)
    return [each / total for each in joint] if total else []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_as_written_out(data: st.DataObject) -> None:
    past = data.draw(histories())
    seen = data.draw(runs(len(past.reach)))
    rates = data.draw(st.sampled_from((EXACT, TIMED)))
    belief, expected = believe(past, seen, rates), by_hand(past, seen, rates)
    if not expected:
        assert belief.classes == ()
        return
    found = [belief.probability(node) for node in range(len(past.reach))]
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert sum(found) == pytest.approx(1.0)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_run_never_tells_less_than_nothing(data: st.DataObject) -> None:
    past = data.draw(histories())
    belief = believe(past, data.draw(runs(len(past.reach))), EXACT)
    for reach in past.reach:
        assert -1e-9 <= gain(belief, reach) <= 1.0


def test_a_pass_of_a_flaky_fault_excludes_only_with_a_probability() -> None:
    past = line(3)
    rare = believe(past, [Seen((2,), 2, 8), Seen((1,), 0, 1)], EXACT)
    always = believe(past, [Seen((2,), 10, 0), Seen((1,), 0, 1)], EXACT)
    assert 0.3 < rare.probability(1) < 0.5
    assert always.probability(1) < 0.02
    assert 0.1 < rare.rate() < 0.35


def test_thousands_of_steps_are_a_few_classes() -> None:
    past = line(5000)
    belief = believe(past, [Seen((4999,), 3, 0), Seen((0,), 0, 1), Seen((2500,), 1, 0)], EXACT)
    assert len(belief.classes) == 3
    assert belief.probability(7) == pytest.approx(belief.probability(2500))


def test_who_holds_whose_change() -> None:
    """0 - 1 - 3 (merge) - 4, and 2 beside 1."""
    past = history([(), (0,), (0,), (1, 2), (3,)])
    assert [set(bits(reach)) for reach in past.reach] == [
        {0}, {0, 1}, {0, 2}, {0, 1, 2, 3}, {0, 1, 2, 3, 4},
    ]  # fmt: skip
    with pytest.raises(ValueError, match="step 1 has a parent"):
        history([(), (1,)])
