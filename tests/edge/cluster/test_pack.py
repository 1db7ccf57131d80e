# SPDX-License-Identifier: GPL-2.0-only
"""Folders as one file, and archives of strangers."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.edge.cluster.pack import pack, unpack, unpack_run
from orchestrator.model.errors import InfrastructureError


def _tree(folder: Path) -> Path:
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/file").write_bytes(b"x" * 5000)
    (folder / "a/run.sh").write_text("#!/bin/sh\n")
    (folder / "a/run.sh").chmod(0o755)
    (folder / "a/link").symlink_to("b/file")
    os.utime(folder / "a/b/file", (1_000_000_000, 1_000_000_000))
    return folder


def test_a_folder_comes_back_as_it_was(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree")
    pack({"a": tree / "a"}, tmp_path / "packed", ages=True)
    (tmp_path / "new").mkdir()
    unpack(tmp_path / "packed", tmp_path / "new", 1 << 20)
    assert (tmp_path / "new/a/link").readlink() == Path("b/file")
    assert (tmp_path / "new/a/link").read_bytes() == b"x" * 5000
    assert (tmp_path / "new/a/run.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "new/a/b/file").stat().st_mtime == 1_000_000_000


def test_the_same_content_is_the_same_artefact(tmp_path: Path) -> None:
    for name in ("one", "two"):
        pack({"a": _tree(tmp_path / name) / "a"}, tmp_path / f"{name}.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def _odd(member: tarfile.TarInfo, data: bytes = b"") -> bytes:
    member.size = len(data)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        tar.addfile(member, io.BytesIO(data))
    return made.getvalue()


def _link(name: str, kind: bytes, target: str) -> bytes:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return _odd(member)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "up": lambda: _odd(tarfile.TarInfo("../evil"), b"x"),
    "link out": lambda: _link("link", tarfile.SYMTYPE, "../../evil"),
    "hard link out": lambda: _link("link", tarfile.LNKTYPE, "/etc/passwd"),
    "device": lambda: _link("dev", tarfile.CHRTYPE, ""),
    "no archive": lambda: b"hello",
    "cut": lambda: _odd(tarfile.TarInfo("f"), os.urandom(50_000))[:20_000],
    "bomb": lambda: _odd(tarfile.TarInfo("f"), bytes(3 << 20)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "archive").write_bytes(HOSTILE[name]())
    inside = tmp_path / "x/inside"
    inside.mkdir(parents=True)
    with pytest.raises(InfrastructureError):
        unpack(tmp_path / "archive", inside, 2 << 20)
    assert not (tmp_path / "x/evil").exists()


def test_a_run_directory_holds_files_alone(tmp_path: Path) -> None:
    pack({"a": _tree(tmp_path / "tree") / "a"}, tmp_path / "packed")
    (tmp_path / "new").mkdir()
    with pytest.raises(InfrastructureError, match="no file: 'a/link'"):
        unpack_run(tmp_path / "packed", tmp_path / "new", 1 << 20)
    assert not (tmp_path / "new/a/link").is_symlink()
