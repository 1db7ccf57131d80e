# SPDX-License-Identifier: GPL-2.0-only
"""Which commits a presubmit is about, on real git; what is not committed, as a tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import trees

from orchestrator.edge import source_list
from orchestrator.edge.commit_trees import commit_tree
from orchestrator.edge.commits import message_of
from orchestrator.edge.store import Store
from orchestrator.edge.work_tree import work_tree
from orchestrator.model.errors import UsageError
from orchestrator.model.presubmit import Sort
from orchestrator.model.progress import Note, ProgressEvent, silent
from orchestrator.workflow.presubmit_range import Range, find_range

FILE = "kernel/kthread.c"


def commit(tree: Path, subject: str, text: str | None = None) -> str:
    if text is not None:
        (tree / FILE).write_text(text)
    trees.git(tree, "commit", "--quiet", "--all", "--allow-empty", f"--message={subject}")
    return trees.git(tree, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """main with the tag v7.3.4, and the branch topic with two commits, checked out."""
    made = trees.repository(tmp_path / "tree")
    trees.git(made, "checkout", "--quiet", "-b", "topic")
    commit(made, "kthread: one", "one\n")
    commit(made, "kthread: two", "two\n")
    return made


def ids(found: Range) -> list[str]:
    return [step.name for step in found.steps]


def state(tree: Path) -> dict[str, tuple[int, bytes]]:
    """Every file, git's own included."""
    files = (path for path in tree.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_a_range_that_was_named(repository: Path) -> None:
    base = trees.git(repository, "rev-parse", "main")
    two = trees.git(repository, "rev-parse", "topic")
    one = trees.git(repository, "rev-parse", "topic~")
    for text in ("main..topic", "main..", "main", f"{base}..{two}"):
        found = find_range(repository, text, silent)
        assert (found.base.name, ids(found), found.why_base) == (base, [one, two], "as given")
    assert ids(find_range(repository, "topic~..topic", silent)) == [two]
    assert found.steps[0].files == (FILE,) and found.steps[0].sort is Sort.COMMIT


def test_a_base_that_has_gone_on(repository: Path) -> None:
    base = trees.git(repository, "rev-parse", "main")
    trees.git(repository, "checkout", "--quiet", "main")
    commit(repository, "elsewhere", "other\n")
    trees.git(repository, "checkout", "--quiet", "topic")
    found = find_range(repository, "main..topic", silent)
    assert found.base.name == base and len(found.steps) == 2
    assert found.why_base == "where it left main, which has gone on"


def test_the_upstream(repository: Path) -> None:
    trees.git(repository, "branch", "--quiet", "--set-upstream-to=main")
    found = find_range(repository, "", silent)
    assert found.why_base == "the branch's upstream, main" and len(found.steps) == 2


def test_all_was_pushed(repository: Path) -> None:
    trees.git(repository, "tag", "--delete", "v7.3.4")
    trees.git(repository, "branch", "--quiet", "--force", "main", "topic")
    trees.git(repository, "branch", "--quiet", "--set-upstream-to=main")
    with pytest.raises(UsageError) as raised:
        find_range(repository, "", silent)
    assert "no commit beyond the branch's upstream, main, and" in raised.value.message


def test_the_nearest_without_an_upstream(repository: Path) -> None:
    """A tag on the way counts, one on the last commit does not."""
    found = find_range(repository, "", silent)
    assert "v7.3.4" in found.why_base and len(found.steps) == 2
    trees.git(repository, "tag", "v7.3.5-rc1", "topic~")
    trees.git(repository, "tag", "v7.3.5-rc2", "topic")
    found = find_range(repository, "", silent)
    assert "v7.3.5-rc1" in found.why_base and len(found.steps) == 1


def test_a_main_branch_without_a_tag(repository: Path) -> None:
    trees.git(repository, "tag", "--delete", "v7.3.4")
    found = find_range(repository, "", silent)
    assert found.why_base == "where it left main" and len(found.steps) == 2


def test_nothing_to_tell_by(repository: Path) -> None:
    trees.git(repository, "tag", "--delete", "v7.3.4")
    trees.git(repository, "branch", "--quiet", "--delete", "--force", "main")
    with pytest.raises(UsageError) as raised:
        find_range(repository, "", silent)
    assert "which commits are yours" in raised.value.message
    assert "BASE..HEAD" in raised.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no-such..topic", "the range's base no-such: no such commit"),
        ("main..no-such", "the range's head no-such: no such commit"),
        ("main...topic", "no range of commits"),
        ("topic..topic", "nothing to check"),
        ("topic..main", "nothing to check"),
        ("--output=x..y", "no range of commits"),
    ],
)
def test_ranges_that_are_none(repository: Path, text: str, said: str) -> None:
    before = state(repository)
    with pytest.raises(UsageError) as raised:
        find_range(repository, text, silent)
    assert said in raised.value.message and raised.value.hint
    assert state(repository) == before


def test_a_folder_below_the_top(repository: Path) -> None:
    with pytest.raises(UsageError) as raised:
        find_range(repository / "kernel", "main..topic", silent)
    assert raised.value.hint == f"--tree {repository}"


def test_merges_and_empty_commits(repository: Path) -> None:
    trees.git(repository, "checkout", "--quiet", "-b", "side", "main")
    (repository / "Kbuild").write_text("# side\n")
    commit(repository, "side")
    trees.git(repository, "checkout", "--quiet", "topic")
    trees.git(repository, "merge", "--quiet", "--no-edit", "side")
    commit(repository, "nothing")
    found = find_range(repository, "main..topic", silent)
    sorts = [step.sort for step in found.steps]
    assert sorts.count(Sort.COMMIT) == 3
    assert sorts[-2:] == [Sort.MERGE, Sort.EMPTY]
    assert found.steps[-2].files is None and found.steps[-1].files == ()


def test_what_is_not_committed(repository: Path, tmp_path: Path) -> None:
    """Staged or not, edited, new, deleted, links and modes; but no untracked file."""
    (repository / FILE).write_text("three\n")
    (repository / "kernel/.kunitconfig").unlink()
    (repository / "scripts/run.sh").chmod(0o644)
    (repository / "staged.c").write_text("staged\n")
    trees.git(repository, "add", "staged.c")
    (repository / "Kbuild").unlink()
    (repository / "Kbuild").symlink_to("Makefile")
    (repository / "untracked.c").write_text("untracked\n")
    before = state(repository)
    notes: list[str] = []

    def hear(event: ProgressEvent) -> None:
        if isinstance(event, Note):
            notes.append(event.text)

    found = find_range(repository, "main..topic", hear)
    assert [step.sort for step in found.steps][-1] is Sort.WORKING_TREE
    assert found.steps[-1].files == (
        "Kbuild", "kernel/.kunitconfig", FILE, "scripts/run.sh", "staged.c",
    )  # fmt: skip
    assert any("untracked files are left out: untracked.c" in note for note in notes)
    assert "untracked.c" in found.untracked
    assert found.changes and found.top
    assert "+three" in found.changes.diff and "untracked" not in found.changes.diff

    store = Store(tmp_path / "cache")
    base = commit_tree(found.repository, found.commits, 2, store, silent)
    tree = work_tree(found.top, found.head, found.changes, store)
    assert (tree.path / FILE).read_text() == "three\n"
    assert (tree.path / "staged.c").read_text() == "staged\n"
    assert not (tree.path / "kernel/.kunitconfig").exists()
    assert not (tree.path / "untracked.c").exists()
    assert (tree.path / "Kbuild").is_symlink()
    assert not (tree.path / "scripts/run.sh").stat().st_mode & 0o100
    assert (base.path / FILE).read_text() == "two\n"  # what it shares files with stays
    assert (base.path / "scripts/run.sh").stat().st_mode & 0o100
    assert state(repository) == before
    again = work_tree(found.top, found.head, found.changes, store)
    assert again.key == tree.key
    (repository / FILE).write_text("four\n")
    assert work_tree(found.top, found.head, found.changes, store).key != tree.key


def test_its_list_of_sources_is_right(repository: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    found = find_range(repository, "main..topic", silent)
    source_list.of_tree(commit_tree(found.repository, found.commits, 2, store, silent), store)
    (repository / FILE).write_text("three\n")
    found = find_range(repository, "main..topic", silent)
    assert found.changes and found.top
    tree = work_tree(found.top, found.head, found.changes, store)
    known = source_list.known(tree.key, store)
    assert known and known == source_list.of_patched(tree.path, {})


def test_dirty_alone(repository: Path) -> None:
    """All is pushed, something is not committed: that alone is checked."""
    trees.git(repository, "branch", "--quiet", "--force", "main", "topic")
    trees.git(repository, "branch", "--quiet", "--set-upstream-to=main")
    (repository / FILE).write_text("three\n")
    found = find_range(repository, "", silent)
    assert [(step.number, step.sort) for step in found.steps] == [(1, Sort.WORKING_TREE)]


def test_changes_belong_to_what_is_checked_out(repository: Path) -> None:
    (repository / FILE).write_text("three\n")
    assert len(find_range(repository, "main..topic~", silent).steps) == 1
    assert len(find_range(repository, "main..topic", silent, with_changes=False).steps) == 2
    assert len(find_range(repository, "main..topic", silent).steps) == 3


def test_a_repository_without_a_work_tree(repository: Path, tmp_path: Path) -> None:
    trees.git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    assert len(find_range(tmp_path / "bare.git", "main..topic", silent).steps) == 2


def test_a_file_that_only_looks_changed(repository: Path) -> None:
    os.utime(repository / FILE)
    assert find_range(repository, "main..topic", silent).changes is None


def test_a_repository_without_a_kernel(repository: Path) -> None:
    trees.git(repository, "rm", "--quiet", FILE)
    commit(repository, "gone")
    with pytest.raises(UsageError) as raised:
        find_range(repository, "main..topic", silent)
    assert f"holds no kernel: no {FILE}" in raised.value.message


def test_messages(repository: Path) -> None:
    assert message_of(repository, "topic").strip() == "kthread: two"
    assert message_of(repository, "0" * 40) == ""
