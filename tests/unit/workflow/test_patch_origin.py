# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import difflib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.edge.store import Store
from orchestrator.model.errors import PatchBroken
from orchestrator.model.job import Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import silent
from orchestrator.patch.blob import blob
from orchestrator.patch.place import NoPlace
from orchestrator.workflow.patches import prepare

PATH = "kernel/kthread.c"
OLD = "".join(f"\tline({number});\n" for number in range(20))
NOW = "".join(f"\tother({number});\n" for number in range(20))
FIXED = OLD.replace("line(9)", "fixed(9)")


def diff(before: str, after: str, index: bool = True) -> str:
    """Of PATH, as git writes it."""
    lines = difflib.unified_diff(
        before.splitlines(True), after.splitlines(True), f"a/{PATH}", f"b/{PATH}"
    )
    names = f"index {blob(before)[:12]}..{blob(after)[:12]} 100644\n" if index else ""
    return f"diff --git a/{PATH} b/{PATH}\n{names}{''.join(lines)}"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


Known = Callable[[str, str], Path]


@pytest.fixture
def known(store: Store) -> Known:
    """Puts a tree with a release and the text of PATH into the store."""

    def add(release: str, text: str) -> Path:
        folder = store.folder("trees") / f"archive-{release}"
        (folder / "kernel").mkdir(parents=True)
        version, level, sub = release.split(".")
        head = f"VERSION = {version}\nPATCHLEVEL = {level}\nSUBLEVEL = {sub}\nEXTRAVERSION =\n"
        for name, content in {"Makefile": head, "Kbuild": "", PATH: text}.items():
            (folder / name).write_text(content)
        return folder

    return add


@pytest.fixture
def tree(known: Known) -> Tree:
    return Tree(known("7.3.4", NOW), "archive-7.3.4", "7.3.4", "here")


def broken(
    tree: Tree, tmp_path: Path, *diffs: str, store: Store | None, tree_dir: Path | None = None
) -> PatchBroken:
    mails = [PatchMail(f"mail {number}", text) for number, text in enumerate(diffs)]
    run_dir = tmp_path / "run"
    with pytest.raises(PatchBroken) as raised:
        prepare(mails, tree, run_dir, silent, tree_dir=tree_dir, store=store)
    assert not run_dir.exists()
    return raised.value


def repository(folder: Path, *texts: str) -> Path:
    """A checkout in which PATH was each of the texts in turn; the first is tagged v7.2."""
    (folder / "kernel").mkdir(parents=True)
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org"]

    def run(*args: str) -> None:
        subprocess.run([*git, *args], cwd=folder, check=True, capture_output=True)

    run("init", "--quiet")
    for number, text in enumerate(texts):
        (folder / PATH).write_text(text)
        run("add", ".")
        run("commit", "--quiet", "--message=x")
        if not number:
            run("tag", "v7.2")
    return folder


def test_the_release_it_was_made_for(
    tree: Tree, known: Known, store: Store, tmp_path: Path
) -> None:
    known("7.1.8", OLD)
    known("6.1.176", NOW)
    error = broken(tree, tmp_path, diff(OLD, FIXED), store=store)
    assert f"; made for 7.1.8: its {PATH} is blob {blob(OLD)[:12]}" in error.hint
    assert "history" not in error.hint and "it applies" not in error.hint
    assert type(error) is NoPlace and error.hunk == 1 and error.exit_code == 1


def test_releases_that_share_the_file(
    tree: Tree, known: Known, store: Store, tmp_path: Path
) -> None:
    known("7.1.10", OLD)
    known("7.1.9", OLD)
    error = broken(tree, tmp_path, diff(OLD, FIXED), store=store)
    assert f"made for 7.1.9, 7.1.10: their {PATH} is" in error.hint


def test_it_is_in_the_history(tree: Tree, store: Store, tmp_path: Path) -> None:
    checkout = repository(tmp_path / "linux", OLD, NOW)
    error = broken(tree, tmp_path, diff(OLD, FIXED), store=store, tree_dir=checkout)
    said = f"the pre-image {blob(OLD)[:12]} is in this tree's history: last in v7.2 ("
    assert said in error.hint


@pytest.mark.parametrize("with_git", [True, False])
def test_it_is_nowhere(
    tree: Tree, known: Known, store: Store, tmp_path: Path, with_git: bool
) -> None:
    known("6.1.176", NOW + "\n")
    checkout = repository(tmp_path / "linux", NOW) if with_git else tree.path
    error = broken(tree, tmp_path, diff(OLD, FIXED), store=store, tree_dir=checkout)
    where = "neither in this tree's history nor" if with_git else "not"
    said = f"; the pre-image {blob(OLD)[:12]} is {where} in a tree known here (6.1.176, 7.3.4)"
    assert error.hint.endswith(said)


def test_without_an_index_line_it_is_tried(
    tree: Tree, known: Known, store: Store, tmp_path: Path
) -> None:
    known("7.2.12", OLD + "\n/* a later change */\n")
    known("7.0.1", "\tmoved();\n" + OLD)  # takes it, but not where it says
    error = broken(tree, tmp_path, diff(OLD, FIXED, index=False), store=store)
    assert error.hint.endswith("; it applies to 7.2.12")


def test_without_an_index_line_and_a_fit(tree: Tree, store: Store, tmp_path: Path) -> None:
    error = broken(tree, tmp_path, diff(OLD, FIXED, index=False), store=store)
    assert error.hint.endswith("; it applies as it is to no tree known here (7.3.4)")


def test_another_version_of_the_file_that_takes_it(
    tree: Tree, known: Known, store: Store, tmp_path: Path
) -> None:
    known("7.2.12", OLD + "\n/* a later change */\n")
    error = broken(tree, tmp_path, diff(OLD, FIXED), store=store)
    assert "is not in a tree known here (7.2.12, 7.3.4); it applies to 7.2.12" in error.hint


def test_a_file_that_this_tree_lacks(
    tree: Tree, known: Known, store: Store, tmp_path: Path
) -> None:
    known("7.1.8", OLD)
    (tree.path / PATH).unlink()
    error = broken(tree, tmp_path, diff(OLD, FIXED), store=store)
    assert "no such file" in error.message
    assert "made for 7.1.8" in error.hint


def test_a_file_of_the_series_own_making(
    tree: Tree, known: Known, store: Store, tmp_path: Path
) -> None:
    """Patch 2 was made for what patch 1 left; patch 1 for a release, but it applies here, too."""
    base = NOW + "\n/* a later change */\n"
    known("7.1.8", base)
    first = base.replace("other(2)", "new(2)")
    second = first.replace("change", "thing")
    error = broken(tree, tmp_path, diff(base, first), diff(first, second), store=store)
    assert error.message.startswith("patch 2 of 2, mail 1: ")
    assert f"made for 7.1.8: its {PATH} is blob {blob(base)[:12]}" in error.hint


@pytest.mark.parametrize(
    "text",
    [
        diff(NOW.replace("other(9)", "before(9)"), NOW),  # in the tree already
        diff(NOW, NOW.replace("other(9)", "new(9)")).replace("-\tother", "-\ttorn"),
        diff(OLD, FIXED).replace("kernel/", "../kernel/"),
        diff(OLD, FIXED).replace("-0", "-").rpartition("\n ")[0] + "\n",  # cut off
        "no diff at all\n",
    ],
    ids=["applied", "damaged", "outside", "cut off", "nothing"],
)
def test_where_the_origin_is_not_what_is_wrong(
    tree: Tree, known: Known, store: Store, tmp_path: Path, text: str
) -> None:
    known("7.1.8", OLD)
    plain = broken(tree, tmp_path, text, store=None)
    told = broken(tree, tmp_path, text, store=store, tree_dir=tree.path)
    assert (told.message, told.hint) == (plain.message, plain.hint)


def test_an_empty_store_has_nothing_to_add(tree: Tree, tmp_path: Path) -> None:
    empty = Store(tmp_path / "empty")
    text = diff(OLD, FIXED, index=False)
    plain = broken(tree, tmp_path, text, store=None)
    assert broken(tree, tmp_path, text, store=empty).hint == plain.hint
    named = broken(tree, tmp_path, diff(OLD, FIXED), store=empty)
    assert named.hint.endswith("is not in a tree known here (there are none)")
