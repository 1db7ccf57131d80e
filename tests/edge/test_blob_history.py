# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from trees import KTHREAD, git, kernel_tree, repository, state

from orchestrator.edge.blob_history import BlobHistory, blob_history

PATH = "kernel/kthread.c"
NEVER = "0123456789ab"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return repository(tmp_path / "linux")


def commit(tree: Path, text: str, tag: str = "") -> str:
    """The blob that the file now is."""
    (tree / PATH).write_text(text)
    git(tree, "commit", "--quiet", "--all", "--message=change")
    if tag:
        git(tree, "tag", tag)
    return git(tree, "rev-parse", f"HEAD:{PATH}")


def test_the_last_commit_that_has_it(tree: Path) -> None:
    blob = git(tree, "rev-parse", f"HEAD:{PATH}")
    last = git(tree, "rev-parse", "HEAD")
    commit(tree, "two\n")
    found = blob_history(tree, PATH, blob[:12])
    assert found == BlobHistory(True, False, last[:12], True, "v7.3.4", True)
    assert found.words(PATH) == f"is in this tree's history: last in v7.3.4 ({last[:12]})"


def test_a_tag_that_is_near(tree: Path) -> None:
    blob = git(tree, "rev-parse", f"HEAD:{PATH}")
    git(tree, "commit", "--quiet", "--allow-empty", "--message=elsewhere")
    last = git(tree, "rev-parse", "HEAD")
    commit(tree, "two\n")
    found = blob_history(tree, PATH, blob[:7])
    assert found and found.words(PATH).endswith(f"last in {last[:12]}; v7.3.4 has it, too")


def test_a_tag_without_it_is_not_named(tree: Path) -> None:
    blob = commit(tree, "two\n")
    commit(tree, "three\n", "v7.3.5")
    found = blob_history(tree, PATH, blob)
    assert found and found.commit == git(tree, "rev-parse", "HEAD^")[:12]
    assert found.tag == ""


def test_it_is_on_another_branch_still(tree: Path) -> None:
    git(tree, "checkout", "--quiet", "-b", "next")
    blob = commit(tree, "next\n")
    brought = git(tree, "rev-parse", "HEAD")[:12]
    git(tree, "commit", "--quiet", "--allow-empty", "--message=later")
    git(tree, "tag", "next-1")
    git(tree, "checkout", "--quiet", "main")
    found = blob_history(tree, PATH, blob[:12])
    assert found and not found.replaced
    assert found.words(PATH).endswith(f"history: from {brought} on; next-1 has it, too")


def test_what_is_not_committed_is_in_the_way(tree: Path) -> None:
    (tree / PATH).write_text("edited\n")
    found = blob_history(tree, PATH, git(tree, "rev-parse", f"HEAD:{PATH}")[:12])
    assert found and found.at_head
    assert "not committed" in found.words(PATH)


def test_a_blob_it_never_had(tree: Path) -> None:
    for asked in (NEVER, NEVER * 3 + "0123"):
        found = blob_history(tree, PATH, asked)
        assert found == BlobHistory()
        assert found.words(PATH) == ""


def test_a_branch_named_like_it_is_not_it(tree: Path) -> None:
    git(tree, "branch", NEVER)
    assert blob_history(tree, PATH, NEVER) == BlobHistory()


def test_a_commit_is_not_a_blob(tree: Path) -> None:
    head = git(tree, "rev-parse", "HEAD")
    assert blob_history(tree, PATH, head) == BlobHistory()


def test_an_object_that_is_elsewhere(tree: Path) -> None:
    blob = git(tree, "rev-parse", "HEAD:Kbuild")
    found = blob_history(tree, PATH, blob)
    assert found == BlobHistory(there=True)
    assert found.words(PATH).endswith(f"no commit was found that has it at {PATH}")


def test_a_path_is_no_pattern(tree: Path) -> None:
    blob = git(tree, "rev-parse", f"HEAD:{PATH}")
    commit(tree, "two\n")
    assert blob_history(tree, "kernel/*.c", blob) == BlobHistory(there=True)


def test_the_users_settings_change_nothing(tree: Path) -> None:
    blob = git(tree, "rev-parse", f"HEAD:{PATH}")
    commit(tree, "two\n")
    plain = blob_history(tree, PATH, blob)
    settings = {"color.ui": "always", "log.decorate": "full", "log.follow": "true"}
    for name, value in {**settings, "log.showSignature": "true", "format.pretty": "raw"}.items():
        git(tree, "config", name, value)
    assert plain and plain.commit
    assert blob_history(tree, PATH, blob) == plain


def test_the_repository_is_only_read(tree: Path) -> None:
    blob = git(tree, "rev-parse", f"HEAD:{PATH}")
    commit(tree, "two\n")
    os.utime(tree / PATH)  # what makes git refresh its index, if it may
    before = state(tree)
    blob_history(tree, PATH, blob)
    assert state(tree) == before


def test_no_checkout(tmp_path: Path) -> None:
    assert blob_history(kernel_tree(tmp_path / "linux"), PATH, NEVER) is None


def test_a_tree_within_the_repository_of_something_else(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert blob_history(kernel_tree(tmp_path / "linux"), PATH, NEVER) is None


def test_no_time_at_all(tree: Path) -> None:
    found = blob_history(tree, PATH, NEVER, timeout_s=0)
    assert found == BlobHistory(whole=False)
    assert found.words(PATH).endswith("not searched to the end")


def test_a_log_that_takes_too_long(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = git(tree, "rev-parse", f"HEAD:{PATH}")
    (tree / PATH).write_text(KTHREAD + "more\n")
    commit(tree, "two\n")
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    real = shutil.which("git")
    slow.write_text(f'#!/bin/sh\ncase "$*" in *" log "*) sleep 20;; esac\nexec {real} "$@"\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    for timeout_s in (0.3, 2, 8):  # a busy machine takes longer to get as far as the log
        found = blob_history(tree, PATH, blob, timeout_s)
        if found and found.there:
            break
    assert found == BlobHistory(there=True, whole=False)
    assert "repository, but this tree's history was not searched" in found.words(PATH)
