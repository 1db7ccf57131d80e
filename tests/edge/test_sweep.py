# SPDX-License-Identifier: GPL-2.0-only
"""What runs that were killed left is removed by the next one, and nothing that is in use."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from orchestrator.edge.store import Store
from orchestrator.edge.sweep import SOCKETS, socket_folder, sweep
from orchestrator.edge.unfinished import Unfinished, begin, forget, is_kept
from orchestrator.model.progress import silent

KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def half(store: Store, kind: str) -> Path:
    folder = store.folder(kind) / f".{KEY}.1.partial"  # pid 1 is alive: that says nothing
    folder.mkdir()
    (folder / "file").touch()
    return folder


@pytest.mark.parametrize("kind", ["kernels", "modules", "states", "trees"])
def test_half_an_entry_goes_unless_it_is_being_made(store: Store, kind: str) -> None:
    folder = half(store, kind)
    with store.lock(f"{kind}/{KEY}", silent):
        sweep(store, silent)
        assert folder.is_dir()
    sweep(store, silent)
    assert not folder.exists()


def test_so_does_a_build(store: Store) -> None:
    work = store.folder("building") / KEY
    work.mkdir()
    with store.lock(f"building/{KEY}", silent):
        sweep(store, silent)
        assert work.is_dir()
    sweep(store, silent)
    assert not work.exists()


@pytest.mark.parametrize("name", [KEY, f"{KEY}.half"])
def test_a_build_that_can_be_gone_on_with_stays(store: Store, name: str) -> None:
    work = store.folder("building") / name
    work.mkdir()
    begin(work, Unfinished(KEY, KEY), {})
    sweep(store, silent)
    assert is_kept(work)
    forget(work)
    sweep(store, silent)
    assert not work.exists()


def test_whole_entries_and_downloads_stay(store: Store) -> None:
    whole = store.folder("kernels") / KEY
    whole.mkdir()
    part = store.folder("downloads") / "linux.tar.xz.part"
    part.touch()
    sweep(store, silent)
    assert whole.is_dir() and part.is_file()


def test_a_socket_goes_with_its_process(store: Store) -> None:
    with socket_folder() as folder:
        sweep(store, silent)
        assert Path(folder).is_dir(), "it is ours"
    assert not Path(folder).exists()
    code = (
        "import sys, time, tempfile; from orchestrator.edge.sweep import socket_folder\n"
        f"tempfile.tempdir = {tempfile.gettempdir()!r}\n"
        "with socket_folder() as folder:\n"
        "    open(folder + '/qmp', 'w'); print(folder, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert other.stdout
    left = Path(other.stdout.readline().strip())
    assert left.name.startswith(SOCKETS)
    sweep(store, silent)
    assert left.is_dir(), "it is somebody else's"
    other.kill()
    other.communicate()
    sweep(store, silent)
    assert not left.exists()
