# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import trees

from orchestrator.config.source_spec import Tarball
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import silent


@pytest.mark.parametrize("suffix", ["xz", "gz", "bz2"])
def test_a_tarball_of_every_compression(tmp_path: Path, store: Store, suffix: str) -> None:
    path = trees.tarball(trees.kernel_tree(tmp_path / "t"), tmp_path / f"my:linux.tar.{suffix}")
    tree = fetch(Tarball(path), store, silent)
    assert (tree.release, tree.origin) == ("7.3.4", f"tarball:{path}")
    assert (tree.path / "kernel/kthread.c").stat().st_mtime_ns == trees.OLD_NS
    assert (tree.path / "include/dt-bindings").readlink() == Path("linux")
    assert fetch(Tarball(path), store, silent) == tree


def _evil(tmp_path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Tarball:
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(trees.kernel_tree(tmp_path / "t"), "linux")
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return Tarball(path)


def _link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def _refused(spec: Tarball, store: Store) -> str:
    with pytest.raises(UsageError) as caught:
        fetch(spec, store, silent)
    assert list(store.folder("trees").iterdir()) == []
    return caught.value.message


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("linux/../../../outside"),
        tarfile.TarInfo("/linux/outside"),
        _link("linux/hard", "/etc/hostname", tarfile.LNKTYPE),
        _link("linux/hard", "../../outside", tarfile.LNKTYPE),
    ],
    ids=["dotdot", "absolute", "hard-absolute", "hard-dotdot"],
)
def test_members_outside_are_refused(tmp_path: Path, store: Store, member: tarfile.TarInfo) -> None:
    assert "outside" in _refused(_evil(tmp_path, (member, b"")), store)
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "kernel/../../x"])
def test_links_outside_are_refused(tmp_path: Path, store: Store, target: str) -> None:
    said = _refused(_evil(tmp_path, (_link("linux/link", target), b"")), store)
    assert said.endswith(f"the link link points outside, to {target}")


def test_nothing_is_written_through_a_link(tmp_path: Path, store: Store) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    link = _link("linux/link", str(victim))
    with pytest.raises((UsageError, InfrastructureError)):
        fetch(_evil(tmp_path, (link, b""), (tarfile.TarInfo("linux/link/x"), b"x")), store, silent)
    assert list(victim.iterdir()) == []
    assert list(store.folder("trees").iterdir()) == []


def test_a_fifo_is_refused(tmp_path: Path, store: Store) -> None:
    member = _link("linux/pipe", "", tarfile.FIFOTYPE)
    assert "neither file" in _refused(_evil(tmp_path, (member, b"")), store)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_a_device_is_refused(tmp_path: Path, store: Store, kind: bytes) -> None:
    """Root makes one in unpacking, and it must be gone; others cannot, and tar says so."""
    member = _link("linux/disk", "", kind)
    member.devmajor, member.devminor, member.mode = 1, 3, 0o666
    with pytest.raises((UsageError, InfrastructureError), match=r"neither file|mknod"):
        fetch(_evil(tmp_path, (member, b"")), store, silent)
    assert list(store.folder("trees").iterdir()) == []


def test_a_program_with_other_rights_loses_them(tmp_path: Path, store: Store) -> None:
    member = tarfile.TarInfo("linux/scripts/setuid")
    member.mode = 0o6755
    tree = fetch(_evil(tmp_path, (member, b"")), store, silent)
    assert (tree.path / "scripts/setuid").stat().st_mode & 0o6000 == 0


def test_a_damaged_archive(tmp_path: Path, store: Store) -> None:
    path = trees.tarball(trees.kernel_tree(tmp_path / "t"), tmp_path / "linux.tar.xz")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InfrastructureError, match="cannot unpack"):
        fetch(Tarball(path), store, silent)
    assert list(store.folder("trees").iterdir()) == []


def test_an_archive_of_something_else(tmp_path: Path, store: Store) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/README").write_text("hello\n")
    path = trees.tarball(tmp_path / "other", tmp_path / "other.tar.xz")
    assert "no kernel tree" in _refused(Tarball(path), store)
    assert "no such file" in _refused(Tarball(tmp_path / "missing.tar.xz"), store)
