# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from mangling import MANGLES
from sample import PATH, SOURCE, changed, diff

from orchestrator.model.errors import PatchBroken
from orchestrator.model.patch import PatchMail
from orchestrator.patch.apply import apply_series
from orchestrator.patch.place import NoPlace

ONE = changed(("\tint err = 0;\n", "\tint err = 0;\n\tint tries = 0;\n"))
TWO = changed(("\tint tries = 0;\n", "\tint tries = 1;\n"), source=ONE)
MOVE = (
    f"diff --git a/{PATH} b/kernel/shelf.c\nsimilarity index 100%\n"
    f"rename from {PATH}\nrename to kernel/shelf.c\n"
)
MADE = "diff --git a/n.c b/n.c\nnew file mode 100644\n--- /dev/null\n+++ b/n.c\n@@ -0,0 +1 @@\n+x\n"
GONE = (
    "diff --git a/n.c b/n.c\ndeleted file mode 100644\n"
    "--- a/n.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
)


def mails(*diffs: str) -> list[PatchMail]:
    return [PatchMail(f"mail {n}", text) for n, text in enumerate(diffs, 1)]


def test_each_patch_sees_what_those_before_it_left() -> None:
    second = MANGLES["runs of white space"](diff(ONE, TWO, index=False))
    applied = apply_series(mails(diff(SOURCE, ONE), second), {PATH: SOURCE}.get)
    assert [made.changes[0].after for made in applied.patches] == [ONE, TWO]
    assert applied.patches[1].touched == (PATH,)


def test_the_order_matters() -> None:
    with pytest.raises(NoPlace, match=r"patch 1 of 2, mail 1: kernel/spare.c, hunk 1 .* fits no"):
        apply_series(mails(diff(ONE, TWO), diff(SOURCE, ONE)), {PATH: SOURCE}.get)


def test_files_move_come_and_go() -> None:
    after_move = diff(SOURCE, ONE, "kernel/shelf.c")
    applied = apply_series(mails(MOVE, after_move, MADE, GONE, MADE), {PATH: SOURCE}.get)
    assert [patch.touched for patch in applied.patches] == [
        ("kernel/shelf.c", PATH),
        ("kernel/shelf.c",),
        *[("n.c",)] * 3,
    ]
    with pytest.raises(PatchBroken, match=f"{PATH}: there is no such file"):
        apply_series(mails(MOVE, diff(SOURCE, ONE)), {PATH: SOURCE}.get)
    with pytest.raises(PatchBroken, match=r"mail 2: n\.c: .*there already"):
        apply_series(mails(MADE, MADE), {PATH: SOURCE}.get)


def test_a_file_with_more_in_it_is_not_deleted() -> None:
    with pytest.raises(PatchBroken, match="holds more than the patch knows"):
        apply_series(mails(GONE), {"n.c": "x\ny\n"}.get)


def test_build_scripts_are_named() -> None:
    old = "obj-y := a.o\n"
    text = diff(old, old + "obj-y += b.o\n", "mm/Makefile")
    (patch,) = apply_series(mails(text), {"mm/Makefile": old}.get).patches
    assert "building runs the tree's code" in str(patch.notes[-1])


@pytest.mark.parametrize("text", ["", "Hello\n", "--- a/x\n"])
def test_no_diff_is_said(text: str) -> None:
    with pytest.raises(PatchBroken, match="holds no diff"):
        apply_series(mails(text), {}.get)


def test_nothing_goes_through_a_link_that_a_patch_before_it_made() -> None:
    link = (
        "diff --git a/here b/here\nnew file mode 120000\n--- /dev/null\n+++ b/here\n"
        "@@ -0,0 +1 @@\n+kernel\n\\ No newline at end of file\n"
    )
    through = diff("", "int x;\n", "here/x.c")
    through = through.replace("--- a/here/x.c", "--- /dev/null")
    with pytest.raises(PatchBroken, match="here is a symbolic link"):
        apply_series(mails(link, through), {}.get)


def test_one_file_twice_in_a_patch_is_refused() -> None:
    with pytest.raises(PatchBroken, match="two places"):
        apply_series(mails(diff(SOURCE, ONE) + diff(ONE, TWO)), {PATH: SOURCE}.get)
