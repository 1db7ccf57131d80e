# SPDX-License-Identifier: GPL-2.0-only
"""Which cells come first, and why."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_cells import attempt, cell

from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.night_run import Reason
from orchestrator.model.verdict import Verdict
from orchestrator.plan.night_order import Facts, in_order, is_flaky, why

CELL = cell("mine/fix/numa/numa4")
PASS, FAIL, INFRA = Verdict.PASS, Verdict.FAIL, Verdict.INFRASTRUCTURE
FILE = frozenset({"kernel/kthread.c"})


def earlier(*said: Verdict, of: CellKey = CELL, sources: str = "tree") -> tuple[Attempt, ...]:
    """Newest first, one a night."""
    days = range(20, 0, -1)
    return tuple(
        attempt(of, one, day=day, sources=sources) for day, one in zip(days, said, strict=False)
    )


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        (Facts(), Reason.NEVER_RUN, "never run"),
        (Facts(earlier(INFRA, INFRA)), Reason.NEVER_RUN, "never run to its end"),
        (
            Facts(earlier(PASS), "new", FILE, FILE),
            Reason.TOUCHED,
            "changed in kernel/kthread.c, as its patch does",
        ),
        (
            Facts(earlier(PASS), "new", frozenset("abcd"), frozenset("abcd")),
            Reason.TOUCHED,
            "changed in a, b and 2 more, as its patch does",
        ),
        (Facts(earlier(PASS), "new", frozenset({"x.c"}), FILE), Reason.CHANGED, "since 2026-11-20"),
        (Facts(earlier(FAIL), "new", None, FILE), Reason.CHANGED, "changed since 2026-11-20"),
        (Facts(earlier(PASS, FAIL), "tree"), Reason.FLAKY, "flaky in its last 2 runs"),
        (Facts(earlier(FAIL, FAIL), "tree"), Reason.RED, "fail on 2026-11-20"),
        (Facts(earlier(INFRA, FAIL), "tree"), Reason.RED, "fail on 2026-11-19"),
        (Facts(earlier(PASS), "tree", None, FILE), Reason.PATCHED, "has a patch, green"),
        (Facts(earlier(PASS), "tree"), Reason.AGAIN, "green on 2026-11-20"),
        (Facts(earlier(PASS), ""), Reason.AGAIN, "green on 2026-11-20"),  # sources are not known
    ],
)
def test_why(facts: Facts, reason: Reason, words: str) -> None:
    found, said = why(facts)
    assert found is reason and words in said


def test_the_reasons_are_declared_from_the_most_informative_on() -> None:
    assert list(Reason) == [
        Reason.NEVER_RUN,
        Reason.TOUCHED,
        Reason.CHANGED,
        Reason.FLAKY,
        Reason.RED,
        Reason.PATCHED,
        Reason.AGAIN,
    ]


def test_what_changed_is_not_flaky() -> None:
    changed = (*earlier(PASS, sources="new"), *earlier(FAIL, sources="old"))
    assert not is_flaky(changed)
    assert is_flaky((*changed, *earlier(FAIL, sources="new")))


def test_flaky_long_ago_is_not_told() -> None:
    told = (*(PASS,) * 10, FAIL)
    assert why(Facts(earlier(*told), "tree"))[0] is Reason.AGAIN
    assert why(Facts(earlier(*told[1:]), "tree"))[0] is Reason.FLAKY


def test_by_reason_then_what_is_new_to_the_night() -> None:
    again = [cell(f"t/-/numa/{name}") for name in ("n1", "n2")]
    red = cell("t/-/numa/n3")
    never = [cell("t/-/numa/n4"), cell("t/-/numa/n5"), cell("u/fix/nonuma/n4")]
    facts = {
        **{each: Facts(earlier(PASS, of=each), "tree") for each in again},
        red: Facts(earlier(FAIL, of=red), "tree"),
    }
    order = in_order([*again, red, *never], facts)
    assert order == (never[0], never[2], never[1], red, *again)


def test_what_has_not_been_run_for_longest_comes_first_of_what_is_green() -> None:
    days = {"n1": 9, "n2": 3, "n3": 6}
    found = {name: cell(f"t/-/numa/{name}") for name in days}
    facts = {one: Facts((attempt(one, day=days[name]),), "tree") for name, one in found.items()}
    assert [each.topology for each in in_order(list(found.values()), facts)] == ["n2", "n3", "n1"]


def test_then_cells_of_one_kernel_together() -> None:
    product = itertools.product("ab", ("", "p"), ("n1", "n2", "n3"))
    found = [CellKey(tree, patch, "c", topology) for tree, patch, topology in product]
    order = in_order(found, {})
    rest = [(each.tree, each.patch) for each in order[4:]]
    assert len(list(itertools.groupby(rest))) == len(set(rest)), rest


@given(
    st.lists(st.builds(CellKey, *[st.sampled_from("abc")] * 4), unique=True, max_size=30),
    st.data(),
)
def test_all_of_them_each_once_whatever_is_known(found: list[CellKey], data: st.DataObject) -> None:
    verdicts = st.lists(st.sampled_from(list(Verdict)), max_size=4)
    facts = {each: Facts(earlier(*data.draw(verdicts), of=each), "tree") for each in found}
    order = in_order(found, facts)
    assert sorted(order) == sorted(found)
    assert order == in_order(found, facts)
    ranks = [list(Reason).index(why(facts[each])[0]) for each in order]
    assert ranks == sorted(ranks)
