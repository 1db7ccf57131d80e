# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest
from trees import KTHREAD, kernel_tree

from orchestrator.edge import known_trees as known
from orchestrator.edge.store import Store


def release(folder: Path, number: str, extra: str = "") -> None:
    major, minor, patch = number.split(".")
    kernel_tree(folder)
    (folder / "Makefile").write_text(
        f"VERSION = {major}\nPATCHLEVEL = {minor}\nSUBLEVEL = {patch}\nEXTRAVERSION = {extra}\n"
    )


def test_by_release(store: Store) -> None:
    trees = store.folder("trees")
    numbers = [("7.10.1", ""), ("7.2.12", ""), ("7.10.0", "-rc2"), ("7.10.0", ""), ("6.1.176", "")]
    for at, (number, extra) in enumerate(numbers):
        release(trees / f"archive-{at}", number, extra)
    found = known.known_trees(store)
    wanted = ["6.1.176", "7.2.12", "7.10.0-rc2", "7.10.0", "7.10.1"]
    assert [tree.release for tree in found] == wanted
    assert found[0].files.read("kernel/kthread.c") == KTHREAD


def test_what_is_half_made_is_left_out(store: Store) -> None:
    trees = store.folder("trees")
    release(trees / ".archive-1.77.partial", "7.3.4")
    release(trees / "archive-2", "7.3.4")
    (trees / "archive-2/Kbuild").unlink()
    assert known.known_trees(store) == ()


def test_those_used_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST", 1)
    trees = store.folder("trees")
    for number in ("7.3.4", "7.3.5"):
        release(trees / number, number)
    (trees / "7.3.4/new").touch()  # the folder's own mtime
    assert [tree.release for tree in known.known_trees(store)] == ["7.3.4"]
