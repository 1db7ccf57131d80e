# SPDX-License-Identifier: GPL-2.0-only
"""Entries of the store that are no longer what they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.edge import seal
from orchestrator.edge.store import Store
from orchestrator.model.progress import Note, ProgressEvent, silent

KEY = "0123456789abcdef"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def entry(store: Store) -> Path:
    def make(folder: Path) -> None:
        (folder / "sub").mkdir()
        (folder / "sub" / "image").write_bytes(b"image" * 1000)
        (folder / "beside").write_text("not sealed")
        seal.write(folder, seal.names(folder, ("sub/*",)))

    return store.entry("kernels", KEY, make, silent)[0]


def flip(file: Path) -> None:
    """Another byte; size and mtime as they were."""
    before = file.stat()
    with file.open("r+b") as stream:
        stream.seek(100)
        stream.write(b"!")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_nobody_touched_is_whole(entry: Path) -> None:
    assert seal.whole(entry)
    (entry / "beside").write_text("changed")
    assert seal.whole(entry)


def test_a_copy_is_whole(entry: Path) -> None:
    """Other times, the same content: as after the cache was moved."""
    image = entry / "sub" / "image"
    image.write_bytes(image.read_bytes())
    assert seal.whole(entry)
    assert seal.whole(entry), "and known again by its times"


@pytest.mark.parametrize("damage", [flip, Path.unlink, lambda file: os.truncate(file, 7)])
def test_damage_is_seen(entry: Path, damage: object) -> None:
    assert callable(damage)
    damage(entry / "sub" / "image")
    assert not seal.whole(entry)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3}', '{"files": {"sub/image": []}}'])
def test_a_damaged_seal_holds_nothing(entry: Path, text: str) -> None:
    (entry / seal.SEAL).write_text(text)
    assert not seal.whole(entry)


def test_only_what_is_damaged_is_dropped(entry: Path, store: Store) -> None:
    said: list[ProgressEvent] = []
    seal.drop_damaged(store, "kernels", KEY, ("sub/*",), said.append)
    assert entry.is_dir() and not said
    flip(entry / "sub" / "image")
    seal.drop_damaged(store, "kernels", KEY, ("sub/*",), said.append)
    assert not entry.exists()
    assert said == [Note(f"kernels/{KEY} in the cache is damaged, and made again")]


def test_an_entry_from_before_there_were_seals_gets_one(entry: Path, store: Store) -> None:
    (entry / seal.SEAL).unlink()
    seal.drop_damaged(store, "kernels", KEY, ("sub/*",), silent)
    assert seal.whole(entry)
    flip(entry / "sub" / "image")
    assert not seal.whole(entry)
