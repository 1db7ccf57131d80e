# SPDX-License-Identifier: GPL-2.0-only
"""Targets of kselftest: found in a patched tree, built beside it, installed, kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import selftest_trees
from trees import git

from orchestrator.config.selftests import FOLDER, SelftestFiles
from orchestrator.edge import selftests
from orchestrator.edge.selftest_tree import selftests_of, source_key
from orchestrator.edge.selftests import LIST, build_selftests
from orchestrator.edge.shared_libraries import needed_by
from orchestrator.edge.store import Store
from orchestrator.model.errors import BuildBroken, InfrastructureError, UsageError
from orchestrator.model.job import Selftests, Tree
from orchestrator.model.progress import silent


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return selftest_trees.tree(tmp_path / "tree")


def build(tree: Tree, name: str, store: Store, tmp_path: Path) -> tuple[Selftests, Path]:
    files = SelftestFiles(settings="timeout=7\n")
    kernel = selftest_trees.kernel(tree)
    return build_selftests(
        name, files, kernel, source_key(tree, ()), store, tmp_path / "log", silent
    )


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_built_beside_the_tree_and_kept(tree: Tree, store: Store, tmp_path: Path) -> None:
    before = everything(tree.path)
    target, install = build(tree, "good", store, tmp_path)
    assert target == Selftests("good", ("one", "two.sh"), 7)
    assert (install / "good/one").is_file() and (install / LIST).is_file()
    assert not (install.parent / "out").exists()
    assert everything(tree.path) == before
    made = (install / "good/one").stat().st_mtime_ns
    again, _ = build(tree, "good", store, tmp_path)
    assert again == target and (install / "good/one").stat().st_mtime_ns == made


def test_what_the_host_lacks(tree: Tree, store: Store, tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="cannot find -lorchnone"):
        build(tree, "lacks", store, tmp_path)
    assert not [path for path in (tmp_path / "cache/selftests").iterdir() if path.name[0] == "."]


def test_what_does_not_compile_is_the_trees(tree: Tree, store: Store, tmp_path: Path) -> None:
    with pytest.raises(BuildBroken, match="planted") as error:
        build(tree, "broken", store, tmp_path)
    assert error.value.errors


@pytest.mark.parametrize("name", ["odd", "away"])
def test_what_no_target_leaves(name: str, tree: Tree, store: Store, tmp_path: Path) -> None:
    with pytest.raises(BuildBroken):
        build(tree, name, store, tmp_path)


def test_a_target_without_tests(tree: Tree, store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no test"):
        build(tree, "empty", store, tmp_path)


def test_without_rsync(
    tree: Tree, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("make", "gcc"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(InfrastructureError, match="needs rsync") as error:
        selftests.require()
    assert "apt-get install rsync" in error.value.hint


def test_targets_of_a_tree_and_of_one_with_a_patch(
    tree: Tree, store: Store, tmp_path: Path
) -> None:
    found = selftests_of(tree, (), store, tmp_path / "log", silent)
    assert found["good"] == SelftestFiles("CONFIG_KCMP=y\n", "timeout=7\n")
    assert "mine" not in found
    patch = tmp_path / "mine.patch"
    patch.write_text(_patch(tmp_path, tree))
    before = everything(tree.path)
    patched = selftests_of(tree, (patch,), store, tmp_path / "log", silent)
    assert patched["mine"] == SelftestFiles("CONFIG_MINE=y\n")
    assert patched["good"] == SelftestFiles("CONFIG_OTHER=y\n", "timeout=7\n")
    assert everything(tree.path) == before
    left = [path.name for path in (tmp_path / "cache/selftests").glob("*/*")]
    assert set(left) == {"targets.json"}


def _patch(tmp_path: Path, tree: Tree) -> str:
    """That changes a file elsewhere as well, which the view of selftests has not."""
    repository = tmp_path / "repository"
    shutil.copytree(tree.path, repository)
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message=all")
    (repository / "include/planted.h").write_text("#define PLANTED 1\n")
    (repository / FOLDER / "good/config").write_text("CONFIG_OTHER=y\n")
    (repository / FOLDER / "mine").mkdir()
    (repository / FOLDER / "mine/Makefile").write_text("include ../lib.mk\n")
    (repository / FOLDER / "mine/config").write_text("CONFIG_MINE=y\n")
    git(repository, "add", "--intent-to-add", ".")
    return git(repository, "diff") + "\n"


def test_a_tree_without_selftests(store: Store, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    bare = Tree(tmp_path / "bare", "tree-2", "7.3.4", "here")
    assert selftests_of(bare, (), store, tmp_path / "log", silent) == {}


def test_libraries_that_every_debian_has_are_not_brought(tmp_path: Path) -> None:
    script = tmp_path / "x.sh"
    script.write_text("#!/bin/sh\n")
    assert needed_by([Path("/bin/true"), script, tmp_path / "none"]) == {}
    python = needed_by([Path("/usr/bin/git")])
    assert {"libz.so.1"} <= set(python) and not {"libc.so.6"} & set(python)
    assert all(path.is_file() for path in python.values())
