# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from sample import PATH, SOURCE, changed, diff

from orchestrator.model.errors import PatchBroken
from orchestrator.patch.blob import blob
from orchestrator.patch.diff import parse_diff
from orchestrator.patch.repair import repair

NEW = changed(("\tint err = 0;\n", "\tint err = -1;\n"))


def said(text: str, tree: dict[str, str], similar: tuple[str, ...] = ()) -> PatchBroken:
    with pytest.raises(PatchBroken) as error:
        repair(parse_diff(text), tree.get, lambda _path: similar)
    return error.value


def test_what_differs_at_the_nearest_place() -> None:
    there = changed(("\tint err = 0;\n", "\tlong err = 0;\n"))
    error = said(diff(SOURCE, NEW), {PATH: there})
    assert "hunk 1 (@@ -" in error.message
    assert "line 27: patch has 'int err = 0;', file has 'long err = 0;'" in error.message
    assert f"made for blob {blob(SOURCE)[:12]}" in error.hint
    assert f"has {blob(there)[:12]}" in error.hint
    assert there.split("\n")[26] == "\tlong err = 0;"


@pytest.mark.parametrize("index", [True, False])
def test_an_applied_patch_is_recognised(index: bool) -> None:
    error = said(diff(SOURCE, NEW, index=index), {PATH: NEW})
    assert "in this tree already" in error.message


def test_the_very_file_and_yet_no_place_is_a_damaged_patch() -> None:
    text = diff(SOURCE, NEW).replace("-\tint err = 0;", "-\tint eqr = 0;")
    assert "the patch itself is damaged" in said(text, {PATH: SOURCE}).hint


def test_no_index_line_is_said() -> None:
    text = diff(SOURCE, NEW, index=False).replace("-\tint err = 0;", "-\tint eqr = 0;")
    assert "no index line" in said(text, {PATH: SOURCE}).hint


def test_a_missing_file_and_its_likeliest_new_place() -> None:
    error = said(diff(SOURCE, NEW), {}, ("lib/spare.c", "kernel/shelf/spare.c"))
    assert error.message == f"{PATH}: there is no such file in this tree"
    assert "kernel/shelf/spare.c" in error.hint


def test_nothing_in_common() -> None:
    assert "no line of it is in the file" in said(diff(SOURCE, NEW), {PATH: "x\n"}).message
    assert "the file is empty" in said(diff(SOURCE, NEW), {PATH: ""}).message


def test_blob_names_are_git_s() -> None:
    assert blob("") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"  # git hash-object /dev/null
    assert blob("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
