# SPDX-License-Identifier: GPL-2.0-only
"""What counts as a difference, what as a hint, and what is noise."""

from __future__ import annotations

import random

import pytest
from runs import FAILED, PASSED, key, run, with_seen

from orchestrator.judge.compare.differ import Contrast, contrast, digest, only_soft
from orchestrator.model.compare import HARD, OURS, SOFT, Key, Kind, Observation

SOFT_KINDS = sorted(kind.name.lower() for kind in SOFT)
HARD_KINDS = sorted(kind.name.lower() for kind in HARD - {Kind.TEST})


def kinds(found: Contrast) -> tuple[list[str], list[str]]:
    """(kinds of differences, kinds of hints)"""
    sure, maybe = found.differences, found.hints
    return [d.kind.name.lower() for d in sure], [d.kind.name.lower() for d in maybe]


def everything() -> dict[str, str]:
    return {kind.name.lower(): "a" for kind in Kind if kind is not Kind.TEST} | {"test": PASSED}


def test_equal_runs_have_no_difference() -> None:
    found = contrast([run(**everything())] * 2, [run(**everything())] * 2)
    assert kinds(found) == ([], [])
    assert (found.varying, found.facts) == ((), len(Kind))


@pytest.mark.parametrize("kind", SOFT_KINDS)
def test_a_soft_one_counts_only_if_every_run_of_head_has_it(kind: str) -> None:
    base, odd = [run(**{kind: "a"})] * 3, run(**{kind: "b"})
    assert kinds(contrast(base, [odd, *base[:2]])) == ([], [kind])
    assert kinds(contrast(base, [odd] * 3)) == ([kind], [])
    assert only_soft(contrast(base, [odd] * 3))


@pytest.mark.parametrize("kind", HARD_KINDS)
def test_a_hard_one_counts_if_one_run_of_head_has_it(kind: str) -> None:
    base = [run()] * 3
    found = contrast(base, [run(), run(**{kind: "reported"}), run()])
    assert kinds(found) == ([kind], [])
    assert not only_soft(found)
    only = found.differences[0]
    assert (only.base, only.head, only.seen_in, only.of_head, only.of_base) == (
        "", "reported", 1, 3, 3,
    )  # fmt: skip


@pytest.mark.parametrize("kind", HARD_KINDS)
def test_what_base_has_and_head_has_not_is_no_fault(kind: str) -> None:
    assert kinds(contrast([run(**{kind: "reported"})] * 2, [run()] * 2)) == ([], [])


@pytest.mark.parametrize(
    ("base", "head", "differs"),
    [
        (PASSED, FAILED, True),
        (PASSED, "skipped", True),
        (PASSED, "", True),  # a whole run in which it is missing
        ("skipped", PASSED, True),
        (FAILED, PASSED, False),
        (FAILED, "", False),
        (PASSED, PASSED, False),
    ],
)
def test_results_of_tests(base: str, head: str, differs: bool) -> None:
    found = contrast([run(test=base)] * 2, [run(test=base), run(test=head)])
    assert bool(found.differences) is differs


@pytest.mark.parametrize("kind", [kind.name.lower() for kind in Kind if kind in HARD | SOFT])
def test_what_varies_in_base_is_never_reported(kind: str) -> None:
    values = (PASSED, FAILED) if kind == "test" else ("", "a")
    base = [run(**{kind: values[0]}), run(**{kind: values[1]}), run(**{kind: values[0]})]
    for other in (*values, "c"):
        found = contrast(base, [run(**{kind: other})] * 3)
        assert kinds(found) == ([], [])
        assert found.varying == (key(Kind[kind.upper()]),)


def test_noise_at_random_is_never_reported() -> None:
    """Any 40 keys that vary in base, whatever head makes of them."""
    for seed in range(200):
        dice = random.Random(seed)
        keys = [Key(Kind.TRACE, f"orch_a.case_{n}", "case: event") for n in range(40)]

        def noisy(dice: random.Random = dice, keys: list[Key] = keys) -> Observation:
            return with_seen({each: dice.choice("abc") for each in keys})

        base = [noisy() for _ in range(3)]
        agreeing = {k for k in keys if len({r.seen[k].value for r in base}) == 1}
        found = contrast(base, [noisy() for _ in range(3)])
        shown = {d.where for d in (*found.differences, *found.hints)}
        assert shown <= {k.where for k in agreeing}


def test_a_thread_of_a_noisy_case_is_not_told_apart() -> None:
    """That worker 2 never had the event in base and always in head may be chance if 1 has it now
    and then; another case is not excused by that."""
    one, two = (Key(Kind.TRACE, "orch_a.case", f"worker w {n}: event") for n in (1, 2))
    other = Key(Kind.TRACE, "orch_a.other", "worker w 2: event")
    base = [with_seen({one: "a"}), with_seen({})]
    head = [with_seen({one: "a", two: "a", other: "a"})] * 2
    found = contrast(base, head)
    assert [d.where for d in found.differences] == ["orch_a.other"]
    assert set(found.varying) == {one, two}


def test_noise_of_earlier_comparisons_counts() -> None:
    base, head = [run(trace="a")] * 2, [run(trace="b")] * 2
    assert kinds(contrast(base, head)) == (["trace"], [])
    assert kinds(contrast(base, head, [digest(run(trace="a"))])) == (["trace"], [])
    assert kinds(contrast(base, head, [digest(run(trace="c"))])) == ([], [])


def test_memory_excuses_nothing_hard() -> None:
    assert digest(run(splat="reported", test=FAILED, leak="lost", ending="hang")) == {}


class TestIncomplete:
    """Of a run that did not get to its end, what is missing says nothing."""

    def test_absence_in_head(self) -> None:
        crashed = run("head-1", False, splat="reported")
        base = [run(trace="a", test=PASSED, log="a", place="a")] * 2
        found = contrast(base, [crashed])
        assert kinds(found) == (["splat"], [])
        assert found.differences[0].of_head == 1

    def test_presence_in_head(self) -> None:
        found = contrast([run(test=PASSED)] * 2, [run("h", False, test=FAILED)])
        assert kinds(found) == (["test"], [])

    def test_absence_in_base_that_never_ends(self) -> None:
        """A patch that mends a crash: all that head shows is new, and nothing of it is bad."""
        base = [run("b", False, splat="reported")] * 2
        head = [run(trace="a", test=PASSED, log="a", order="a")] * 2
        assert kinds(contrast(base, head)) == ([], [])

    def test_what_is_bad_is_a_hint_if_base_never_got_there(self) -> None:
        base = [run("b", False, splat="reported")] * 2
        head = [run("h", True, test=FAILED, leak="lost")] * 2
        assert kinds(contrast(base, head)) == ([], ["leak", "test"])

    def test_a_crash_that_base_has_now_and_then(self) -> None:
        base = [run(), run("b", False, splat="reported"), run()]
        head = [run("h", False, splat="reported")] * 3
        found = contrast(base, head)
        assert kinds(found) == ([], [])
        assert found.varying == (key(Kind.SPLAT),)
        assert kinds(contrast([run()] * 3, head)) == (["splat"], [])

    def test_one_whole_run_of_base_does_not_know_its_noise(self) -> None:
        base = [run(trace="a"), run("b", False, splat="reported")]
        assert kinds(contrast(base, [run(trace="b")] * 3)) == ([], ["trace"])
        assert kinds(contrast([run(trace="a")] * 2, [run(trace="b")] * 3)) == (["trace"], [])

    def test_what_the_host_may_have_done_must_be_seen_again(self) -> None:
        base, lost = [run()] * 3, run("h", False, ending=OURS)
        assert kinds(contrast(base, [lost])) == ([], ["ending"])
        assert kinds(contrast(base, [lost, run()])) == ([], ["ending"])
        assert kinds(contrast(base, [lost, lost])) == (["ending"], [])
        assert kinds(contrast(base, [run("h", False, ending="hang"), run()])) == (["ending"], [])


class TestShown:
    def test_only_what_a_bag_has_more_or_less(self) -> None:
        found = contrast([run(trace="1 × a; 2 × b")] * 2, [run(trace="1 × a; 3 × b; 1 × c")] * 2)
        assert (found.differences[0].base, found.differences[0].head) == (
            "2 × b", "3 × b; 1 × c",
        )  # fmt: skip

    def test_an_order_from_just_before_it_differs(self) -> None:
        same = " → ".join("abcdef")
        found = contrast([run(order=f"{same} → x → y")] * 2, [run(order=f"{same} → y → x")] * 2)
        assert (found.differences[0].base, found.differences[0].head) == (
            "… f → x → y", "… f → y → x",
        )  # fmt: skip

    def test_an_order_cut_short(self) -> None:
        found = contrast([run(order="a → b → c")] * 2, [run(order="a → b")] * 2)
        assert (found.differences[0].base, found.differences[0].head) == ("… b → c", "… b")

    def test_evidence_is_of_a_run_that_shows_it(self) -> None:
        key_ = key(Kind.SPLAT)
        head = [run("head-1"), with_seen({key_: "reported"}, "head-2")]
        line = contrast([run("base-1")], head).differences[0].evidence[0]
        assert (line.file, line.text) == ("head-2/trace.log", "of head-2")

    def test_evidence_of_base_if_head_has_nothing(self) -> None:
        base = [with_seen({key(Kind.TRACE): "a"}, f"base-{n}") for n in (1, 2)]
        line = contrast(base, [run("head-1")] * 2).differences[0].evidence[0]
        assert line.file == "base-1/trace.log"

    def test_a_failed_case_explains_its_trace(self) -> None:
        where = {
            Key(Kind.TEST, "orch_a", "case"): FAILED,
            Key(Kind.TRACE, "orch_a.case", "case: e"): "b",
            Key(Kind.TRACE, "orch_a.other", "case: f"): "b",
        }
        base = {each: PASSED if each.kind is Kind.TEST else "a" for each in where}
        found = contrast([with_seen(base)] * 2, [with_seen(where)] * 2)
        assert [(d.kind, d.where) for d in found.differences] == [
            (Kind.TEST, "orch_a"),
            (Kind.TRACE, "orch_a.other"),
        ]

    def test_a_failed_parameter_explains_only_its_own_trace(self) -> None:
        test = Key(Kind.TEST, "orch_a.case", "node0")
        traces = [Key(Kind.TRACE, f"orch_a.case.node{n}", f"case: e{n}") for n in (0, 1)]
        base = with_seen({test: PASSED, traces[0]: "a", traces[1]: "a"})
        head = with_seen({test: FAILED, traces[0]: "b", traces[1]: "b"})
        found = contrast([base] * 2, [head] * 2)
        assert [d.where for d in found.differences] == ["orch_a.case", "orch_a.case.node1"]

    def test_many_of_one_sort_are_one(self) -> None:
        where = [Key(Kind.TRACE, f"orch_a.case_{n}", "kthreadd: task_newtask") for n in range(9)]
        base = [with_seen(dict.fromkeys(where, "a"))] * 2
        found = contrast(base, [with_seen(dict.fromkeys(where, "b"))] * 2)
        assert len(found.differences) == 1
        assert len(found.differences[0].also) == 8

    def test_the_worst_is_first(self) -> None:
        head = run(**dict.fromkeys(("log", "place", "leak", "splat", "ending", "finding"), "b"))
        found = contrast([run()] * 2, [head] * 2)
        assert kinds(found)[0] == ["ending", "splat", "leak", "finding", "place", "log"]
