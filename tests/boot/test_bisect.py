# SPDX-License-Identifier: GPL-2.0-only
"""Commits of a kernel's git tree: the one that broke it is named, flaky or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel_git import kernel_repository
from planted import FILE, SOMETIMES, bisect, planted, tree_of, with_function
from running import Done


@pytest.fixture(scope="session")
def tree(green: Done) -> Path:
    return tree_of(green)


def ends(repository: Path, good: str) -> tuple[str, ...]:
    """Arguments."""
    where = ("--tree", str(repository), "--suite", "placement")
    return ("--config", "numa", "--good", good, "--bad", "main", *where)


def files(repository: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in repository.rglob("*") if path.is_file()}


def test_the_commit_is_named(tree: Path, tmp_path: Path) -> None:
    """A fault of every other boot; of one that always shows, test_bisect_patches.py."""
    commits = kernel_repository(
        tmp_path / "git", tree, planted((tree / FILE).read_text(), SOMETIMES)
    )
    before = files(tmp_path / "git")
    result = bisect(tmp_path, *ends(tmp_path / "git", commits[0]))
    (suspect,) = result["suspects"]
    assert (result["word"], suspect["name"]) == ("found", commits[6]), result
    assert suspect["title"] == "kthread: the fault" and result["sure"] >= 0.95
    assert all(bool(each["identity"]) != (each["node"] == 4) for each in result["builds"])
    (after,), (parent,) = result["after"], result["before"]
    assert after["bad"] and not parent["bad"]
    assert all((Path(trial["run_dir"]) / "run.json").is_file() for trial in result["trials"])
    assert 0.15 < result["rate"] < 0.85
    assert any(trial["outcome"] == "good" and trial["node"] >= 6 for trial in result["trials"])
    assert files(tmp_path / "git") == before


def test_a_comment_is_the_same_kernel(tree: Path, tmp_path: Path) -> None:
    """No run at all."""
    text = with_function((tree / FILE).read_text(), 1)
    commits = kernel_repository(
        tmp_path / "git", tree, [("code", text), ("a remark", text + "/* a remark */\n")]
    )
    result = bisect(tmp_path, *ends(tmp_path / "git", commits[1]))
    assert result["word"] == "same-kernel" and result["exit_code"] == 2
    assert result["run_count"] == 0
