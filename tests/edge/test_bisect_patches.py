# SPDX-License-Identifier: GPL-2.0-only
"""Patches as steps of a bisect, without a kernel: which apply, and what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.model.bisect import Step
from orchestrator.model.job import Tree
from orchestrator.model.patch import PatchMail
from orchestrator.workflow.bisect_patches import applicable, steps
from orchestrator.workflow.bisect_resume import names_of


def mail(name: str, path: str, before: str, after: str) -> PatchMail:
    diff = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n"
    return PatchMail(name, f"{diff}-{before}\n+{after}\n", author="A <a@invalid>", date="today")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "f.c").write_text("one\n")
    (tmp_path / "g.c").write_text("x\n")
    return Tree(tmp_path, "key", "7.3.4", "here")


def test_all_that_apply_keep_their_numbers(tree: Tree) -> None:
    kept, notes = applicable(
        [
            mail("first", "f.c", "one", "two"),
            mail("stray", "f.c", "nowhere", "else"),
            mail("third", "f.c", "two", "three"),
            mail("fourth", "g.c", "y", "z"),
        ],
        tree,
    )
    assert [(number, each.name) for number, each in kept] == [(1, "first"), (3, "third")]
    assert len(notes) == 2 and notes[0].startswith("patch 2 does not apply and is left out: stray")
    assert notes[1].startswith("patch 4 does not apply and is left out: fourth")
    found = steps(kept, tree)
    assert found[0] == Step("base", "7.3.4 without the patches")
    assert found[2] == Step("patch 3", "third", "A <a@invalid>", "today", parents=(1,))
    name = names_of(found)
    assert [name(node) for node in range(3)] == ["0000-base", "0001-patch-1", "0002-patch-3"]
    assert (tree.path / "f.c").read_text() == "one\n"


def test_without_the_one_it_needs_a_patch_does_not_apply_either(tree: Tree) -> None:
    kept, notes = applicable(
        [mail("a", "f.c", "nowhere", "two"), mail("b", "f.c", "two", "three")], tree
    )
    assert kept == () and len(notes) == 2


def test_no_diff_at_all_is_left_out_with_its_reason(tree: Tree) -> None:
    kept, notes = applicable([PatchMail("empty", ""), mail("b", "g.c", "x", "y")], tree)
    assert [number for number, _ in kept] == [2] and "no diff" in notes[0]


def test_a_patch_that_reaches_out_of_the_tree_is_refused_by_itself(tree: Tree) -> None:
    evil = mail("evil", "../f.c", "one", "two")
    kept, notes = applicable([evil, mail("b", "g.c", "x", "y")], tree)
    assert [number for number, _ in kept] == [2] and "evil" in notes[0]
