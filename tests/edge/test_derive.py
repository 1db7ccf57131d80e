# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import os
from pathlib import Path

import pytest
import trees

from orchestrator.edge.derive import derive, replace


def test_a_derived_tree_shares_every_file(tmp_path: Path) -> None:
    base = trees.kernel_tree(tmp_path / "base")
    derive(base, tmp_path / "new")
    for path in base.rglob("*"):
        twin = tmp_path / "new" / path.relative_to(base)
        if path.is_symlink():
            assert twin.readlink() == path.readlink()
        elif path.is_file():
            assert twin.samefile(path)
    assert (tmp_path / "new/kernel/kthread.c").stat().st_mtime_ns == trees.OLD_NS


def test_replace_leaves_the_base_alone(tmp_path: Path) -> None:
    base = trees.kernel_tree(tmp_path / "base")
    before = trees.state(base)
    derive(base, tmp_path / "new")
    replace(tmp_path / "new/scripts/run.sh", b"#!/bin/sh\ntrue\n")
    replace(tmp_path / "new/kernel/new.c", b"int x;\n")
    assert trees.state(base) == before
    changed = (tmp_path / "new/scripts/run.sh").stat()
    assert changed.st_mtime_ns > trees.OLD_NS
    assert changed.st_mode & 0o777 == 0o755
    assert (tmp_path / "new/kernel/new.c").read_bytes() == b"int x;\n"


def test_a_failed_replace_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        replace(tmp_path / "folder", b"")
    assert os.listdir(tmp_path) == ["folder"]  # noqa: PTH208
