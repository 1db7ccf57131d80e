# SPDX-License-Identifier: GPL-2.0-only
"""What goes, and what stays."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from orchestrator.edge.keeping import IN_USE_S, occupied_mib, remove, trim


def make(folder: Path, name: str, mib: int, age_s: float) -> Path:
    path = folder / name
    path.mkdir()
    (path / "data").write_bytes(os.urandom(mib << 20))
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def test_the_least_lately_used_go_until_the_rest_fits(tmp_path: Path) -> None:
    for name, days in (("a", 4), ("b", 3), ("c", 2), ("d", 1)):
        make(tmp_path, name, 2, days * 86400)
    assert trim(tmp_path, 8, occupied_mib, keep="") == ()
    assert trim(tmp_path, 5, occupied_mib, keep="") == ("a", "b")
    assert {path.name for path in tmp_path.iterdir()} == {"c", "d"}


def test_what_may_be_in_use_stays(tmp_path: Path) -> None:
    make(tmp_path, "old", 2, IN_USE_S + 60)
    make(tmp_path, "used", 2, IN_USE_S - 60)
    make(tmp_path, "made", 2, IN_USE_S + 120)
    make(tmp_path, ".made.1.partial", 2, IN_USE_S + 120)
    assert trim(tmp_path, 0, occupied_mib, keep="made") == ("old",)


def test_an_entry_that_tells_no_size_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path, "odd", 2, 2 * IN_USE_S)
    make(tmp_path, "old", 2, 2 * IN_USE_S)

    def size_of(path: Path) -> int:
        if path.name == "odd":
            raise ValueError(path)
        return 2

    assert trim(tmp_path, 0, size_of, keep="") == ("old",)


def test_shared_files_take_no_room(tmp_path: Path) -> None:
    entry = make(tmp_path, "entry", 3, 0)
    assert occupied_mib(entry) == 3
    os.link(entry / "data", tmp_path / "other name")
    assert occupied_mib(entry) == 0


def test_who_is_killed_while_removing_leaves_nothing_that_looks_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = make(tmp_path, "entry", 1, 0)

    def killed(path: Path) -> None:
        (path / "data").unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        remove(entry)
    assert [path.name for path in tmp_path.iterdir()] == [f".entry.{os.getpid()}.partial"]
