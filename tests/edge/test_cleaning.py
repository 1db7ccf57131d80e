# SPDX-License-Identifier: GPL-2.0-only
"""What goes and what stays."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from orchestrator.edge.cleaning import DAY_S, drop, removable
from orchestrator.edge.history.place import FILE

MIB = 1 << 20


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """cache/ and runs/ with an old and a new entry each."""
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    for folder in ("cache/kernels", "cache/modules", "cache/trees", "cache/downloads", "runs"):
        for name, age_days in (("1old", 10), ("2new", 0)):
            path = tmp_path / folder / name
            path.mkdir(parents=True)
            (path / "data").write_bytes(b"x" * 2 * MIB)
            os.utime(path, (time.time() - age_days * DAY_S,) * 2)
    (tmp_path / "cache/locks").mkdir()
    return tmp_path


def going(roots: Path, everything: bool, runs: bool, days: int) -> list[str]:
    return [str(item.path.relative_to(roots)) for item in removable(everything, runs, days)]


def test_by_default_what_can_be_built_again_goes(roots: Path) -> None:
    assert going(roots, False, False, 0) == [
        "cache/kernels/1old", "cache/kernels/2new", "cache/modules/1old", "cache/modules/2new",
    ]  # fmt: skip


def test_what_was_used_since_stays(roots: Path) -> None:
    assert going(roots, True, True, 7) == [
        "cache/kernels/1old",
        "cache/modules/1old",
        "cache/trees/1old",
        "cache/downloads/1old",
        "runs/1old",
    ]


def test_the_history_stays_where_it_lies_among_the_runs(roots: Path) -> None:
    files = [roots / "runs" / name for name in (FILE, f"{FILE}-wal", "night-0123")]
    for file in files:
        file.write_bytes(b"")
        os.utime(file, (time.time() - 10 * DAY_S,) * 2)
    assert going(roots, False, True, 7)[2:] == ["runs/1old", "runs/night-0123"]


def test_the_link_to_the_latest_run_goes_with_it(roots: Path) -> None:
    latest = roots / "runs/latest"
    latest.symlink_to("2new")
    assert "runs/latest" not in going(roots, False, True, 7)
    assert "runs/latest" in going(roots, False, True, 0)
    latest.unlink()
    latest.symlink_to("1old")
    assert "runs/latest" in going(roots, False, True, 7)
    latest.unlink()
    latest.symlink_to("nowhere")
    assert "runs/latest" in going(roots, False, True, 7)


def test_half_made_entries_of_dead_processes_always_go(roots: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    for pid in (dead.pid, os.getpid()):
        (roots / f"cache/kernels/.key.{pid}.partial").mkdir()
    assert going(roots, False, False, 7) == [
        f"cache/kernels/.key.{dead.pid}.partial", "cache/kernels/1old", "cache/modules/1old",
    ]  # fmt: skip


def test_only_what_no_other_entry_shares_is_counted(roots: Path) -> None:
    old = roots / "cache/kernels/1old"
    os.link(old / "data", roots / "cache/kernels/2new/shared")
    kernels = {
        item.path.name: item.mib
        for item in removable(False, False, 0)
        if item.path.parent.name == "kernels"
    }
    assert kernels == {"1old": 0, "2new": 2}


def test_dropping(roots: Path) -> None:
    (roots / "runs/latest").symlink_to("2new")
    for item in list(removable(True, True, 0)):
        drop(item)
    assert going(roots, True, True, 0) == []
    assert (roots / "cache/locks").is_dir()


def test_there_may_be_nothing_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "none"))
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "none"))
    assert list(removable(True, True, 0)) == []
