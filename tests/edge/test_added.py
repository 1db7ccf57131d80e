# SPDX-License-Identifier: GPL-2.0-only
"""What `--add` puts into the guest's archive, and the options of a Debian root file system."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from orchestrator.edge import rootfs
from orchestrator.edge.added import added
from orchestrator.edge.rootfs import packages
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.plan.cpio import Entry


def by_path(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    return {entry.path: entry for entry in entries}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "in").mkdir(parents=True)
    (tree / "in" / "run").write_bytes(b"#!/bin/sh\n")
    (tree / "in" / "run").chmod(0o755)
    (tree / "link").symlink_to("in/run")
    (tree / os.fsdecode(b"odd\xff")).write_bytes(b"")
    return tree


def test_a_folder_with_all_that_is_in_it(tree: Path) -> None:
    found = by_path(added([f"{tree}:/srv/t"], "", 1024))
    assert list(found)[:2] == ["srv", "srv/t"]
    assert found["srv/t/in/run"].data == b"#!/bin/sh\n"
    assert found["srv/t/in/run"].mode == stat.S_IFREG | 0o755
    assert (found["srv/t/link"].data, stat.S_ISLNK(found["srv/t/link"].mode)) == (b"in/run", True)


@pytest.mark.parametrize(
    ("dest", "path"),
    [
        ("", "root/run"),
        (":/opt/x", "opt/x"),
        (":/opt/", "opt/run"),
        (":/../../etc/x", "etc/x"),
        (":/bin/x", "bin/x"),
    ],
)
def test_where_it_goes(tree: Path, dest: str, path: str) -> None:
    spec = f"{tree}/in/run{dest}"
    assert added([spec], "", 1024)[-1].path == path
    merged = f"usr/{path}" if path.startswith("bin/") else path
    assert added([spec], "job/add", 1024)[-1].path == f"job/add/{merged}"


def test_a_path_with_a_colon(tmp_path: Path) -> None:
    (tmp_path / "a:b").write_text("x")
    assert added([str(tmp_path / "a:b")], "", 1024)[-1].path == "root/a:b"


def test_tmp_stays_everybodys(tree: Path) -> None:
    found = by_path(added([f"{tree}/in/run:/tmp/run"], "job/add", 1024))
    assert found["job/add/tmp"].mode == stat.S_IFDIR | 0o1777


def test_what_cannot_be(tree: Path) -> None:
    with pytest.raises(UsageError, match="there is no"):
        added(["/no/such"], "", 1024)
    with pytest.raises(UsageError, match="not absolute"):
        added([f"{tree}:opt"], "", 1024)
    with pytest.raises(UsageError, match="/ is there"):
        added([f"{tree}:/.."], "", 1024)
    os.mkfifo(tree / "pipe")
    with pytest.raises(UsageError, match="no file, folder or link"):
        added([str(tree)], "", 1024)


def test_too_much(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(9 << 20))
    with pytest.raises(UsageError, match="9 MiB are too much"):
        added([str(tmp_path / "big")], "", 32)


def test_names_of_packages() -> None:
    assert packages(["strace, gdb", "gdb\nlibc6-dev"]) == ("gdb", "libc6-dev", "strace")
    for bad in ("-o", "a b;c", "A", "$(id)", "x/../y", "a,?z"):
        with pytest.raises(UsageError, match="no name of a Debian package"):
            packages([bad])


def mmdebstrap(folder: Path, script: str) -> None:
    """Programs of these names that do this instead."""
    for name in ("mmdebstrap", "mkfs.erofs"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        ("echo 'E: Unable to locate package nosuch'; exit 1", UsageError, "no package nosuch"),
        ("echo 'E: cannot reach the mirror'; exit 1", InfrastructureError, "cannot reach"),
        ("exit 0", InfrastructureError, "left no image"),
    ],
)
def test_what_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, error: type[Exception], said: str
) -> None:
    mmdebstrap(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    store = Store(tmp_path / "store")
    with pytest.raises(error, match=said):
        rootfs.debian_image(("nosuch",), store, tmp_path / "log", lambda event: None)
    assert list(store.folder("rootfs").iterdir()) == []
    assert "mmdebstrap" in (tmp_path / "log").read_text()


def test_an_image_is_made_once_for_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        'for word in "$@"; do case $word in --customize-hook=copy-out*) into=${word##* };; esac;'
        ' done; echo made >> "$0.log"; echo "$@" > "$into/root.erofs"; : > "$into/status"'
    )
    mmdebstrap(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    store, log = Store(tmp_path / "store"), tmp_path / "log"
    made = [
        rootfs.debian_image(names, store, log, lambda event: None)
        for names in (("gdb", "strace"), ("strace", "gdb"), ("gdb",))
    ]
    assert made[0] == made[1] != made[2]
    assert (tmp_path / "mmdebstrap.log").read_text() == "made\nmade\n"
    assert "gdb,iproute2,kmod" in made[0].read_text()
    made[0].write_text("damaged")
    rootfs.debian_image(("gdb", "strace"), store, log, lambda event: None)
    assert "gdb,iproute2,kmod" in made[0].read_text()


def test_without_the_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rootfs, "TOOLS", (("no-such-tool", "its-package"),))
    with pytest.raises(InfrastructureError, match="needs its-package"):
        rootfs.debian_image((), Store(tmp_path), tmp_path / "log", lambda event: None)
