# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that starts from the objects of another configuration, and what Kconfig makes of
options without a kernel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_kbuild import SMALL, Builds, small_tree, write

from orchestrator.edge.config_closing import closing
from orchestrator.edge.inherit import FACTS
from orchestrator.edge.inputs import FILE as INPUTS
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.store import Store
from orchestrator.edge.sweep import sweep
from orchestrator.model.job import KernelConfig, Option, Tree
from orchestrator.model.progress import silent


def config(*names: str) -> KernelConfig:
    return KernelConfig(names, tuple(Option(f"CONFIG_{name}", "y", "f", 1) for name in names))


LARGE = config("LARGE")


@pytest.fixture
def tree(store: Store, tmp_path: Path) -> Tree:
    return adopt(small_tree(tmp_path / "linux"), store, silent)


@pytest.fixture
def builds(store: Store, tmp_path: Path) -> Builds:
    return Builds(store, tmp_path / "build.log")


def test_it_is_the_one_that_is_built_from_nothing(
    builds: Builds, tree: Tree, tmp_path: Path
) -> None:
    small = builds.build(tree)
    large = builds.build(tree, config=LARGE, any_config=True)
    assert builds.inherited and large.relative == small.key
    assert "CONFIG_LARGE=y" in large.config.read_text()
    other = Builds(Store(tmp_path / "empty"), tmp_path / "other.log")
    fresh = other.build(adopt(tmp_path / "linux", other.store, silent), config=LARGE)
    assert not other.inherited and fresh.key == large.key
    assert fresh.vmlinux.read_bytes() == large.vmlinux.read_bytes() != small.vmlinux.read_bytes()
    # It stays as it was.
    assert b"large" not in small.vmlinux.read_bytes()


def test_only_if_that_is_asked_for(builds: Builds, tree: Tree) -> None:
    builds.build(tree)
    builds.build(tree, config=LARGE)
    assert not builds.inherited


def test_of_several_the_nearest(builds: Builds, tree: Tree) -> None:
    far = builds.build(tree, config=config("A", "B", "C", "D"))
    near = builds.build(tree, config=config("A", "B"))
    found = builds.build(tree, config=config("A", "B", "LARGE"), any_config=True)
    assert found.relative == near.key != far.key


def test_sources_may_differ_as_well(builds: Builds, tree: Tree, tmp_path: Path) -> None:
    builds.build(tree)
    write(tmp_path / "linux/kernel/kthread.c", "int kthread(void) { return 77; }\n")
    changed = adopt(tmp_path / "linux", builds.store, silent)
    builds.build(changed, config=LARGE, any_config=True)
    assert builds.inherited and "kernel/kthread.o" in builds.compiled


def test_the_same_sources_come_before_the_same_options(
    builds: Builds, tree: Tree, tmp_path: Path
) -> None:
    builds.build(tree, config=LARGE)
    write(tmp_path / "linux/kernel/kthread.c", "int kthread(void) { return 77; }\n")
    changed = adopt(tmp_path / "linux", builds.store, silent)
    small = builds.build(changed)
    found = builds.build(changed, config=LARGE, any_config=True)
    assert found.relative == small.key and not found.differing


@pytest.mark.parametrize("damage", ["another compiler", "no inputs", "no facts"])
def test_whose_tools_are_not_known_to_be_ours_serves_nobody(
    builds: Builds, tree: Tree, damage: str
) -> None:
    entry = builds.store.folder("kernels") / builds.build(tree).key
    if damage == "another compiler":
        facts = json.loads((entry / INPUTS).read_text())
        for each in facts["inputs"]:
            if each["group"] == "toolchain":
                each["value"] = "other"
        (entry / INPUTS).write_text(json.dumps(facts))
    else:
        (entry / (INPUTS if damage == "no inputs" else FACTS)).unlink()
    builds.build(tree, config=LARGE, any_config=True)
    assert not builds.inherited


def test_options_are_closed_without_a_kernel(tree: Tree, store: Store, tmp_path: Path) -> None:
    before = sorted(path.name for path in store.folder("trees").iterdir())
    log = tmp_path / "log"
    with closing(tree, (), log, store) as close:
        text, lost = close(LARGE)
        assert "CONFIG_LARGE=y" in text and "CONFIG_SMALL=y" in text and not lost
        text, lost = close(SMALL)
        assert "CONFIG_LARGE" not in text
    assert sorted(path.name for path in store.folder("trees").iterdir()) == before
    assert not list(store.folder("kernels").iterdir())


def test_who_asks_beside_another_need_not_wait_and_killed_nothing_stays(
    tree: Tree, store: Store, tmp_path: Path
) -> None:
    with (
        closing(tree, (), tmp_path / "log", store) as one,
        closing(tree, (), tmp_path / "log", store) as other,
    ):
        assert one(LARGE) == other(LARGE)
        sweep(store, silent)
        assert one(SMALL) == other(SMALL)
    left = store.folder("trees") / ".close-0123-0.1.partial"
    left.mkdir()
    sweep(store, silent)
    assert not left.exists()
