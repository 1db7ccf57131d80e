# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import trees

from orchestrator.config.source_spec import GitRef
from orchestrator.edge.sources import fetch
from orchestrator.edge.sources import git as git_source
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Note, ProgressEvent, silent


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return trees.repository(tmp_path / "linux")


@pytest.fixture
def elsewhere(repository: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same repository, taken for a remote one: git's own file transport does the rest."""
    monkeypatch.setattr(git_source, "local_repository", lambda url: None)
    return f"file://{repository}"


def test_a_local_repository_is_read_in_place_and_untouched(repository: Path, store: Store) -> None:
    (repository / "Kbuild").write_text("# dirty\n")
    before = trees.state(repository)
    tree = fetch(GitRef(str(repository), "v7.3.4"), store, silent)
    assert trees.state(repository) == before
    assert (tree.path / "Kbuild").read_text() == "# Kbuild\n"
    assert tree.release == "7.3.4"
    assert tree.key == "git-" + trees.git(repository, "rev-parse", "HEAD^{tree}")[:16]
    assert not (tree.path / ".git").exists()
    assert not list(store.folder("downloads").glob("*.git"))
    assert not list(store.folder("trees").glob(".*"))


def test_a_branch_that_moved_gives_the_new_tree(
    repository: Path, elsewhere: str, store: Store
) -> None:
    first = fetch(GitRef(elsewhere, "main"), store, silent)
    (repository / "Kbuild").write_text("# other\n")
    trees.git(repository, "commit", "--all", "--quiet", "--message=other")
    second = fetch(GitRef(elsewhere, "main"), store, silent)
    assert first.key != second.key
    assert (second.path / "Kbuild").read_text() == "# other\n"
    assert fetch(GitRef(elsewhere, "v7.3.4"), store, silent).key == first.key
    (mirror,) = store.folder("downloads").glob("git-*.git")
    assert trees.git(mirror, "rev-list", "--count", "FETCH_HEAD") == "1"  # no history


def test_a_commit_id_needs_its_repository_only_once(
    repository: Path, elsewhere: str, store: Store
) -> None:
    trees.git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    spec = GitRef(elsewhere, trees.git(repository, "rev-parse", "HEAD"))
    tree = fetch(spec, store, silent)
    shutil.rmtree(repository)
    assert fetch(spec, store, silent) == tree


def test_offline_the_last_tree_is_used_and_said_so(
    repository: Path, elsewhere: str, store: Store
) -> None:
    spec = GitRef(elsewhere, "main")
    tree = fetch(spec, store, silent)
    shutil.rmtree(repository)
    events: list[ProgressEvent] = []
    assert fetch(spec, store, events.append) == tree
    assert any(isinstance(event, Note) and "was before" in event.text for event in events)
    with pytest.raises(InfrastructureError):
        fetch(GitRef(elsewhere, "next"), store, silent)


def test_a_ref_that_is_not_there(repository: Path, store: Store) -> None:
    with pytest.raises(UsageError, match="no commit v9"):
        fetch(GitRef(str(repository), "v9"), store, silent)


def test_a_remote_ref_that_is_not_there(elsewhere: str, store: Store) -> None:
    with pytest.raises(UsageError, match="couldn't find remote ref v9"):
        fetch(GitRef(elsewhere, "v9"), store, silent)


def test_a_repository_of_something_else_leaves_no_entry(repository: Path, store: Store) -> None:
    trees.git(repository, "rm", "--quiet", "kernel/kthread.c")
    trees.git(repository, "commit", "--quiet", "--message=gone")
    with pytest.raises(UsageError, match="no kernel tree"):
        fetch(GitRef(str(repository), "main"), store, silent)
    assert list(store.folder("trees").iterdir()) == []
