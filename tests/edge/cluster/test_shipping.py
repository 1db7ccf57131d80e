# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's bootable part and a tree, from one store to another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.edge.cluster.artefacts import Artefacts
from orchestrator.edge.cluster.shipping import (
    HEADER,
    received_kernel,
    received_tree,
    ship_kernel,
    ship_tree,
)
from orchestrator.edge.store import Store
from orchestrator.model.cluster import Artefact
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltKernel, BuiltModule, Suite, Tree
from orchestrator.model.progress import Note, ProgressEvent, silent

IMAGE = os.urandom(300_000)


@pytest.fixture
def built(tmp_path: Path) -> tuple[Tree, BuiltKernel, BuiltModule]:
    """As a build leaves them, with much that no boot needs."""
    tree = tmp_path / "tree"
    (tree / HEADER).parent.mkdir(parents=True)
    (tree / HEADER).write_text("kthread_affine_preferred\n")
    (tree / "Makefile").write_text("VERSION = 7\n")
    (tree / "link").symlink_to("Makefile")
    os.utime(tree / "Makefile", (1_500_000_000, 1_500_000_000))
    entry = tmp_path / "kernel"
    obj = entry / "src" / "build"
    (obj / "drivers").mkdir(parents=True)
    (obj / "vmlinux").write_bytes(IMAGE)
    (obj / "vmlinux.o").write_bytes(IMAGE)
    (obj / ".config").write_text("CONFIG_NUMA=y\n")
    (obj / "drivers/own.ko").write_bytes(b"own")
    (entry / "build.log").write_text("  CC kernel/kthread.o\n")
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in ("orch_core.ko", "orch_one_test.ko"):
        (modules / name).write_text(name)
    return (
        Tree(tree, "archive-1", "7.3.4", "default"),
        BuiltKernel("k1", "7.3.4", entry / "src", obj, obj / "vmlinux", obj / ".config",
                    entry / "build.log", cached=False),
        BuiltModule("m1", modules / "orch_core.ko",
                    ((Suite("orch_one", "orch_one_test", "one"), modules / "orch_one_test.ko"),),
                    cached=False),
    )  # fmt: skip


Built = tuple[Tree, BuiltKernel, BuiltModule]


def test_what_boots_arrives_and_nothing_else(built: Built, store: Store, tmp_path: Path) -> None:
    place = Artefacts(f"file://{tmp_path}/place")
    shipped = ship_kernel(*built, Store(tmp_path / "maker"), place, silent)
    tree, kernel, module = received_kernel(shipped, *built, store, place, silent)
    for path in (kernel.vmlinux, kernel.config, kernel.log, module.core, tree.path / HEADER):
        assert path.is_file() and store.root in path.parents
    assert kernel.vmlinux.read_bytes() == IMAGE
    assert (kernel.obj / "drivers/own.ko").read_bytes() == b"own"
    assert [path.read_text() for _, path in module.suites] == ["orch_one_test.ko"]
    assert (kernel.key, module.key, tree.key) == ("k1", "m1", "archive-1")
    assert not (kernel.obj / "vmlinux.o").exists()
    assert not (store.root / "kernels").exists(), "nothing takes it for a kernel to build from"


def test_it_is_fetched_once_and_again_if_it_was_damaged(
    built: Built, store: Store, tmp_path: Path
) -> None:
    place = Artefacts(f"file://{tmp_path}/place")
    shipped = ship_kernel(*built, Store(tmp_path / "maker"), place, silent)
    _, kernel, _ = received_kernel(shipped, *built, store, place, silent)
    (file,) = (tmp_path / "place").glob("??/*")
    away = file.rename(tmp_path / "away")
    _, again, _ = received_kernel(shipped, *built, store, place, silent)
    assert again.vmlinux == kernel.vmlinux
    away.rename(file)
    kernel.vmlinux.write_bytes(IMAGE[:-1] + b"?")
    notes: list[ProgressEvent] = []
    _, once_more, _ = received_kernel(shipped, *built, store, place, notes.append)
    assert once_more.vmlinux.read_bytes() == IMAGE
    assert any(isinstance(note, Note) and "is damaged" in note.text for note in notes)


def test_packing_is_remembered_until_the_place_was_cleared(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, maker = Artefacts(f"file://{tmp_path}/place"), Store(tmp_path / "maker")
    first = ship_kernel(*built, maker, place, silent)
    packed: list[str] = []
    import orchestrator.edge.cluster.shipping as module

    pack = module.pack
    monkeypatch.setattr(module, "pack", lambda *a, **k: (packed.append("x"), pack(*a, **k)))
    assert ship_kernel(*built, maker, place, silent) == first
    assert packed == []
    place.drop(first)
    assert ship_kernel(*built, maker, place, silent) == first
    assert packed == ["x"] and place.has(first)


def test_a_tree_keeps_its_links_and_ages(built: Built, store: Store, tmp_path: Path) -> None:
    place = Artefacts(f"file://{tmp_path}/place")
    shipped = ship_tree(built[0], Store(tmp_path / "maker"), place)
    tree = received_tree(shipped, built[0], store, place, silent)
    assert tree.path == store.root / "trees" / "archive-1"
    assert (tree.path / "link").readlink() == Path("Makefile")
    assert (tree.path / "Makefile").stat().st_mtime == 1_500_000_000
    assert sorted(path.name for path in tree.path.iterdir()) == ["Makefile", "include", "link"]


def test_what_cannot_be_had_leaves_nothing(built: Built, store: Store, tmp_path: Path) -> None:
    place = Artefacts(f"file://{tmp_path}/place")
    with pytest.raises(InfrastructureError):
        received_tree(Artefact("0" * 64, 10), built[0], store, place, silent)
    assert list((store.root / "trees").iterdir()) == []
    assert list((store.root / "packed").iterdir()) == []
