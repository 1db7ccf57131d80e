# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest
import trees

from orchestrator.edge.kernel_tree import release_in, verified_release
from orchestrator.model.errors import UsageError


@pytest.mark.parametrize(
    ("makefile", "release"),
    [
        (trees.MAKEFILE, "7.3.4"),
        ("# c\nVERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\nEXTRAVERSION = -rc2\n", "7.3.0-rc2"),
        ("VERSION = 7\nPATCHLEVEL = 3\n", "7.3"),
        ("VERSION = 7\n", ""),
        ("all:\n\techo VERSION = 7\n", ""),
    ],
)
def test_release(makefile: str, release: str) -> None:
    assert release_in(makefile) == release


@pytest.mark.parametrize("name", ["Makefile", "Kbuild", "kernel/kthread.c"])
def test_each_landmark_is_needed_and_named(tmp_path: Path, name: str) -> None:
    tree = trees.kernel_tree(tmp_path)
    assert verified_release(tree, "it") == "7.3.4"
    (tree / name).unlink()
    with pytest.raises(UsageError) as caught:
        verified_release(tree, "it")
    assert caught.value.message == f"it is no kernel tree: no {name}"


def test_a_makefile_of_something_else(tmp_path: Path) -> None:
    tree = trees.kernel_tree(tmp_path)
    (tree / "Makefile").write_text("all:\n")
    with pytest.raises(UsageError, match="sets no VERSION"):
        verified_release(tree, "it")
