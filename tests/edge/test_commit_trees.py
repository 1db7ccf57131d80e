# SPDX-License-Identifier: GPL-2.0-only
"""Commits as steps, and their trees in the store: as `git archive` gives them, by what differs."""

from __future__ import annotations

import os
import tarfile
import time
from pathlib import Path

import pytest
import trees

from orchestrator.edge import commit_trees, source_list
from orchestrator.edge.commit_history import commits_between
from orchestrator.edge.commit_trees import commit_tree, tree_key
from orchestrator.edge.keeping import IN_USE_S
from orchestrator.edge.store import Store
from orchestrator.model.bisect import Step
from orchestrator.model.errors import UsageError
from orchestrator.model.job import Tree
from orchestrator.model.progress import silent

FILE = "kernel/kthread.c"


def commit(tree: Path, subject: str) -> str:
    trees.git(tree, "add", "--all", "--force", ".")
    trees.git(tree, "commit", "--quiet", "--allow-empty", f"--message={subject}")
    return trees.git(tree, "rev-parse", "HEAD")


def whole(path: Path) -> dict[str, tuple[str, bytes]]:
    """Every file: kind and content."""
    found = {}
    for file in sorted(path.rglob("*")):
        if file.is_symlink():
            found[str(file.relative_to(path))] = ("l", os.fsencode(file.readlink()))
        elif file.is_file():
            kind = "x" if file.stat().st_mode & 0o100 else "-"
            found[str(file.relative_to(path))] = (kind, file.read_bytes())
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Edits, new and deleted files, modes, a link that becomes a folder, a hostile subject."""
    made = trees.repository(tmp_path / "tree")
    (made / FILE).write_text("one\n")
    commit(made, "kthread: one")
    (made / "mm").mkdir()
    (made / "mm/odd [name]*.c").write_text("new\n")
    (made / "kernel/.kunitconfig").unlink()
    (made / "scripts/run.sh").chmod(0o644)
    commit(made, "\x1b[2J[red]mm: new \udcff".encode(errors="surrogateescape").decode("latin-1"))
    (made / "include/dt-bindings").unlink()
    (made / "include/dt-bindings").mkdir()
    (made / "include/dt-bindings/a.h").write_text("a\n")
    (made / "mm/odd [name]*.c").unlink()
    (made / "Kbuild").unlink()
    (made / "Kbuild").symlink_to("Makefile")
    commit(made, "links")
    commit(made, "empty")
    return made


def steps_of(repository: Path) -> tuple[Step, ...]:
    return commits_between(repository, "v7.3.4", "main")


def test_steps_are_the_commits_oldest_first(repository: Path) -> None:
    steps = steps_of(repository)
    log = trees.git(repository, "rev-list", "--reverse", "main").split()
    assert [step.name for step in steps] == log
    assert [step.parents for step in steps] == [(), (0,), (1,), (2,), (3,)]
    assert [steps[1].title, steps[1].author] == ["kthread: one", "T <t@example.org>"]
    assert steps[3].tree == steps[4].tree != steps[2].tree
    assert "mm: new" in steps[2].title and "\0" not in steps[2].title


def test_settings_of_the_user_do_not_matter(repository: Path) -> None:
    before = steps_of(repository)
    for name, value in {
        "log.showSignature": "true", "log.decorate": "full", "format.pretty": "oneline",
        "log.showRoot": "true", "color.ui": "always", "diff.noprefix": "true",
        "log.follow": "true",
    }.items():  # fmt: skip
        trees.git(repository, "config", name, value)
    assert steps_of(repository) == before


def test_a_merge_has_both_parents(repository: Path) -> None:
    trees.git(repository, "checkout", "--quiet", "-b", "side", "v7.3.4")
    (repository / "side").write_text("side\n")
    commit(repository, "side")
    trees.git(repository, "checkout", "--quiet", "main")
    trees.git(repository, "merge", "--quiet", "--no-edit", "side")
    steps = steps_of(repository)
    merge = steps[-1]
    side = next(number for number, step in enumerate(steps) if step.title == "side")
    assert len(merge.parents) == 2 and side in merge.parents
    assert steps[side].parents == (0,)


def test_trees_are_what_git_archive_gives_and_the_repository_is_only_read(
    repository: Path, store: Store, tmp_path: Path
) -> None:
    steps, before = steps_of(repository), trees.state(repository)
    for order in ((0, 3, 1, 2, 4), (4, 2, 3, 0, 1)):
        fresh = Store(tmp_path / f"store-{order[0]}")
        for node in order:
            made = commit_tree(repository, steps, node, fresh, silent)
            expected = tmp_path / f"whole-{order[0]}-{node}"
            expected.mkdir()
            archive = tmp_path / "a.tar"
            trees.git(repository, "archive", f"--output={archive}", steps[node].name)
            with tarfile.open(archive) as members:
                members.extractall(expected, filter="fully_trusted")
            assert whole(made.path) == whole(expected), steps[node].title
    assert trees.state(repository) == before


def test_what_does_not_differ_is_a_link_and_what_differs_is_not(
    repository: Path, store: Store
) -> None:
    steps = steps_of(repository)
    first = commit_tree(repository, steps, 0, store, silent)
    second = commit_tree(repository, steps, 1, store, silent)
    same, changed = (
        [(tree.path / name).stat().st_ino for tree in (first, second)]
        for name in ("Makefile", FILE)
    )
    assert same[0] == same[1] and changed[0] != changed[1]
    assert (first.path / FILE).read_text() == trees.KTHREAD


def test_the_list_of_a_derived_tree_is_the_one_that_reading_it_gives(
    repository: Path, store: Store
) -> None:
    steps = steps_of(repository)
    source_list.of_tree(commit_tree(repository, steps, 0, store, silent), store)
    for node in (1, 2, 3):
        tree = commit_tree(repository, steps, node, store, silent)
        kept = source_list.known(tree.key, store)
        assert kept
        unlisted = Tree(tree.path, f"other-{node}", tree.release, "")
        assert source_list.of_tree(unlisted, store) == kept


def test_equal_trees_are_one_entry_and_attributes_are_heeded(
    repository: Path, store: Store
) -> None:
    (repository / ".gitattributes").write_text("stamp export-subst\nhidden export-ignore\n")
    (repository / "hidden").write_text("x\n")
    commit(repository, "attributes")
    steps = steps_of(repository)
    assert tree_key(steps[3]) == tree_key(steps[4])
    for node in (3, 4, 5):
        tree = commit_tree(repository, steps, node, store, silent)
    assert len(list(store.folder("trees").glob("git-*"))) == 2
    assert not (tree.path / "hidden").exists() and (tree.path / ".gitattributes").exists()


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("main", "v7.3.4", "--bad v7.3.4 is older than --good main"),
        ("v7.3.4", "v7.3.4", "are the same commit"),
        ("nowhere", "main", "--good nowhere: no such commit"),
        ("v7.3.4", "--output=x", "--bad --output=x: no such commit"),
        ("other", "main", "--good other is not in the history of --bad main"),
    ],
)
def test_what_is_asked_wrongly(repository: Path, good: str, bad: str, said: str) -> None:
    trees.git(repository, "checkout", "--quiet", "-b", "other", "main~1")
    commit(repository, "elsewhere")
    with pytest.raises(UsageError) as told:
        commits_between(repository, good, bad)
    assert said in told.value.message
    if good == "other":
        fork = trees.git(repository, "rev-parse", "main~1")
        assert fork[:12] in told.value.hint


def test_a_folder_without_git(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no git checkout"):
        commits_between(trees.kernel_tree(tmp_path / "t"), "a", "b")


def test_a_step_that_is_no_kernel_tree(repository: Path, store: Store) -> None:
    (repository / FILE).unlink()
    commit(repository, "no kernel")
    steps = steps_of(repository)
    commit_tree(repository, steps, 0, store, silent)
    with pytest.raises(UsageError, match="is no kernel tree"):
        commit_tree(repository, steps, 5, store, silent)
    assert not (store.folder("trees") / tree_key(steps[5])).exists()


def test_those_used_longest_ago_go(
    repository: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_trees, "KEPT", 2)
    steps = commits_between(repository, "HEAD~3", "HEAD")
    other = store.folder("trees") / "archive-0"
    other.mkdir()
    for node in range(len(steps)):
        tree = commit_tree(repository, steps, node, store, silent)
        then = time.time() - 2 * IN_USE_S + node
        os.utime(tree.path, (then, then))
        os.utime(other, (0, 0))
    left = {path.name for path in store.folder("trees").iterdir()}
    assert left >= {"archive-0", *(tree_key(step) for step in steps[-2:])}
    assert tree_key(steps[0]) not in left
