# SPDX-License-Identifier: GPL-2.0-only
"""The patches the boot tests use, mangled, on files made from nothing but their own old sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from mangling import MANGLES

from orchestrator.model.diff import FileDiff
from orchestrator.model.errors import PatchBroken
from orchestrator.patch.diff import parse_diff
from orchestrator.patch.place import key, start
from orchestrator.patch.repair import repair

PATCHES = sorted((Path(__file__).parents[2] / "patches").glob("*.patch"))


def excerpt(file: FileDiff) -> str:
    """The hunks' old sides at their line numbers, numbered comments between them."""
    lines: list[str] = []
    for hunk in file.hunks:
        lines += [f"/* line {at} */\n" for at in range(len(lines), start(hunk))]
        lines += [line.full for line in hunk.readings[0] if line.kind != "+"]
    return "".join(lines)


def test_there_are_patches() -> None:
    assert len(PATCHES) > 4


@pytest.mark.parametrize("name", sorted(MANGLES))
def test_the_same_file_comes_out(name: str) -> None:
    for patch in PATCHES:
        text = patch.read_text()
        files = parse_diff(text)
        tree = {file.path: excerpt(file) for file in files if file.old_path}
        good = [change.after for change in repair(files, tree.get).changes]
        diff = text[text.index("\ndiff ") + 1 :]
        try:
            made = repair(parse_diff(MANGLES[name](diff)), tree.get)
        except PatchBroken as error:
            # What a new script was indented by, nothing else tells.
            new = any(not file.old_path for file in files)
            lost = new and error.message.count("indentation of an added line was lost")
            assert name.startswith("wrapped") or lost, patch
            continue
        after = [change.after for change in made.changes]
        assert [key(str(one)) for one in after] == [key(str(one)) for one in good], patch
        # Indented again in a place that is no whole C file; all else is to the letter.
        assert after == good or made.notes, patch
