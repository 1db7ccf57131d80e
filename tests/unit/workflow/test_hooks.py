# SPDX-License-Identifier: GPL-2.0-only
"""What git says to a hook, and what presubmit's end means for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.errors import UsageError
from orchestrator.model.hooks import Answer, PushedRange, PushedRef
from orchestrator.parse.presubmitted import Marks, read_marks
from orchestrator.plan.pushed import read_refs, without_doubles
from orchestrator.workflow.hooks import answered

A, B, NONE = "a" * 40, "b" * 40, "0" * 40


def test_lines_of_git() -> None:
    text = (
        f"refs/heads/x {A} refs/heads/y {B}\n"
        f"(delete) {NONE} refs/heads/z {B}\n"
        f"HEAD@{{1 day ago}} {A} refs/heads/n {NONE}\n"
    )
    assert read_refs(text) == (
        PushedRef("refs/heads/x", A, "refs/heads/y", B),
        PushedRef("(delete)", "", "refs/heads/z", B),
        PushedRef("HEAD@{1 day ago}", A, "refs/heads/n", ""),
    )
    assert read_refs("") == ()
    assert read_refs(f"x {'c' * 64} y {'0' * 64}")[0].old == ""


@pytest.mark.parametrize(
    "line", ["x", "a b c d", f"x {A} y", f"x {A} y {'g' * 40}", f"x {A} y --exec=true", f"{A} {B}"]
)
def test_what_git_never_says_is_refused(line: str) -> None:
    with pytest.raises(UsageError, match="no line of a pre-push hook"):
        read_refs(line)


def test_what_is_part_of_another_range_is_checked_there() -> None:
    one, two = PushedRange(("one",), "b", "1", 1), PushedRange(("two",), "b", "2", 2)
    apart = PushedRange(("apart",), "b", "3", 1)
    nothing, unknown = PushedRange(("n",), why="gone"), PushedRange(("u",), why="?", unknown=True)
    found = without_doubles([
        (one, frozenset("p")), (two, frozenset("pq")), (apart, frozenset("z")),
        (nothing, frozenset()), (unknown, frozenset()),
    ])  # fmt: skip
    assert [each.refs for each in found] == [("one", "two"), ("apart",), ("n",), ("u",)]
    assert found[0].head == "2"
    same = without_doubles([(one, frozenset("p")), (two, frozenset("p"))])
    assert [each.refs for each in same] == [("one", "two")]


@given(st.lists(st.frozensets(st.sampled_from("pqrs"))))
def test_no_commit_and_no_ref_is_lost(commits: list[frozenset[str]]) -> None:
    before = [(PushedRange((str(at),), "b", str(at)), each) for at, each in enumerate(commits)]
    found = without_doubles(before)
    assert {ref for each in found for ref in each.refs} == {str(at) for at in range(len(commits))}
    checked = [commits[int(each.head)] for each in found]
    assert frozenset().union(*checked) == frozenset().union(*commits)


def text(*verdicts: str | None) -> str:
    marks = {
        f"c{number}": {"verdict": each, "said": f"said {each}", "left_out": each is None}
        for number, each in enumerate(verdicts)
    }
    return json.dumps({"steps": [{"number": 3, "marks": marks}], "full": []})


def test_a_document_of_presubmits_is_read() -> None:
    found = read_marks(text("pass", "crash", None))
    assert found == Marks(1, ("3 c1: said crash",), ("3 c2: said None",))
    assert read_marks(text("infrastructure")) == Marks(0, (), ("3 c0: said infrastructure",))
    full = {"steps": [], "full": [{"name": "compare", "mark": {"verdict": "fail", "said": "x"}}]}
    assert read_marks(json.dumps(full)) == Marks(0, ("all of it, compare: x",), ())
    quick = {"verdict": None, "said": "--quick", "left_out": True}
    full["full"] = [{"name": "compare", "mark": quick}]
    assert read_marks(json.dumps(full)) == Marks(0, (), ())


@pytest.mark.parametrize(
    "document", ["", "{", "[]", "{}", '{"steps": 1}', "[" * 100_000, '{"steps": {}}', "\x00"]
)
def test_what_is_none_is_none(document: str) -> None:
    assert read_marks(document) is None


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["marks", "mark", "verdict", "said", "left_out", "name"]), inner),
))  # fmt: skip
def test_odd_documents_are_no_crash(inside: object) -> None:
    for document in ({"steps": [inside]}, {"steps": [{"marks": inside}], "full": inside}):
        read_marks(json.dumps(document))


@pytest.mark.parametrize(
    ("status", "marks", "answer"),
    [
        (0, Marks(3, (), ()), Answer.GREEN),
        (0, Marks(3, (), ("x",)), Answer.GREEN),
        (0, None, Answer.UNCHECKED),
        (0, Marks(0, (), ()), Answer.UNCHECKED),
        (0, Marks(3, ("x",), ()), Answer.RED),  # whatever its status says
        (1, Marks(3, ("x",), ("y",)), Answer.RED),
        (1, Marks(3, (), ()), Answer.RED),
        (1, None, Answer.RED),
        (1, Marks(0, (), ("x",)), Answer.UNCHECKED),
        (3, Marks(2, (), ("x",)), Answer.UNCHECKED),
        (3, Marks(2, ("x",), ("x",)), Answer.RED),  # the host failed after the kernel had
        (3, None, Answer.UNCHECKED),
        (2, None, Answer.UNCHECKED),
        (127, None, Answer.UNCHECKED),
        (None, None, Answer.UNCHECKED),
        (130, Marks(2, (), ("x",)), Answer.STOPPED),
        (-2, None, Answer.STOPPED),
        (-9, None, Answer.UNCHECKED),
    ],
)
def test_what_an_end_means(status: int | None, marks: Marks | None, answer: Answer) -> None:
    assert answered("x", status, marks).answer is answer
