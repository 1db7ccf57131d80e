# SPDX-License-Identifier: GPL-2.0-only
"""Saves as editors make them, in a tree of real files watched by the real kernel."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from trees import kernel_tree

from orchestrator.edge import watch, watch_look
from orchestrator.model.errors import InfrastructureError

C = Path("kernel/kthread.c")
H = Path("include/linux/kthread.h")
PATIENCE_S = 30  # never waited for, unless something is wrong


def sources(path: Path) -> bool:
    return path.suffix in {".c", ".h", ".S"} or path.name in {"Makefile", "Kconfig"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return kernel_tree(tmp_path / "linux")


@pytest.fixture
def saves(tree: Path) -> Iterator[Iterator[frozenset[Path]]]:
    found = watch.changes(tree, sources)
    with limited():
        yield found


class limited:
    """Ends a test that would wait for ever, with the wait's own way out."""

    def __enter__(self) -> None:
        self.before = signal.signal(signal.SIGALRM, self._late)
        signal.alarm(PATIENCE_S)

    def __exit__(self, *_: object) -> None:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, self.before)

    @staticmethod
    def _late(*_: object) -> None:
        raise KeyboardInterrupt


def in_place(path: Path) -> None:
    """nano, kate with a backup off, echo >."""
    path.write_text(path.read_text() + "in place\n")


def in_pieces(path: Path) -> None:
    with path.open("w") as file:
        for piece in range(5):
            print("piece", piece, file=file, flush=True)
            time.sleep(0.02)


def renamed_over(path: Path) -> None:
    """Most: written beside it, then renamed."""
    fresh = path.with_name(f".{path.name}.tmp1")
    fresh.write_text("new\n")
    fresh.replace(path)


def as_vim_does(path: Path) -> None:
    """backupcopy=no: may a file be made here, the old one moved away, the new one written."""
    probe, swap = path.with_name("4913"), path.with_name(f".{path.name}.swp")
    swap.write_bytes(b"b0VIM 9.1")
    probe.touch()
    probe.unlink()
    path.rename(f"{path}~")
    path.write_text("vim\n")
    swap.unlink()
    Path(f"{path}~").unlink()


def as_emacs_does(path: Path) -> None:
    """A lock that is a link to nowhere, a backup that stays, an auto-save that goes."""
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("u@host.1:1")
    auto = path.with_name(f"#{path.name}#")
    auto.write_text("half\n")
    shutil.copy2(path, f"{path}~")
    path.write_text("emacs\n")
    auto.unlink()
    lock.unlink()


def exchanged(path: Path) -> None:
    """renameat2(RENAME_EXCHANGE), as some editors keep both."""
    other = path.with_name(f"{path.name}.tmp")
    other.write_text("the other one\n")
    libc = ctypes.CDLL(None, use_errno=True)
    here = -100  # AT_FDCWD
    done = libc.renameat2(here, os.fsencode(other), here, os.fsencode(path), 2)
    if done:
        pytest.skip("this file system exchanges nothing")


def by_sed(path: Path) -> None:
    subprocess.run(["sed", "-i", "s/line 3/line three/", path], check=True)


def by_vim(path: Path) -> None:
    if not shutil.which("vim"):
        pytest.skip("no vim here")
    ex = ["vim", "-Nu", "NONE", "-es", "-c", "normal Ovim", "-c", "wq", str(path)]
    subprocess.run(ex, check=True, stdin=subprocess.DEVNULL)


WAYS = [
    in_place, in_pieces, renamed_over, as_vim_does, as_emacs_does, exchanged, by_sed, by_vim
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_one_save_is_one_change(
    tree: Path, saves: Iterator[frozenset[Path]], way: Callable[[Path], None]
) -> None:
    way(tree / C)
    assert next(saves) == {C}
    way(tree / H)  # nothing was left over from the first
    assert next(saves) == {H}


def test_several_files_at_once_are_one_change(tree: Path, saves: Iterator[frozenset[Path]]) -> None:
    for path in (C, H, Path("Makefile")):
        renamed_over(tree / path)
    assert next(saves) == {C, H, Path("Makefile")}


def test_what_is_saved_while_nobody_asks_is_not_lost(
    tree: Path, saves: Iterator[frozenset[Path]]
) -> None:
    in_place(tree / C)
    assert next(saves) == {C}
    in_place(tree / H)
    time.sleep(0.5)
    in_place(tree / C)
    assert next(saves) == {C, H}


def test_no_interest_no_change(tree: Path, saves: Iterator[frozenset[Path]]) -> None:
    for name in ("notes.txt", "kernel/kthread.o", "kernel/.kthread.o.cmd", "kernel/kthread.mod.c",
                 "kernel/kthread.c~", "kernel/.kthread.c.swp"):  # fmt: skip
        (tree / name).write_text("x")
    for folder in (".git/objects", "out/kernel"):
        (tree / folder).mkdir(parents=True)
        (tree / folder.split("/")[0] / ".config").touch()
        (tree / folder / "x.c").write_text("x")
    time.sleep(0.3)
    in_place(tree / C)
    assert next(saves) == {C}


def test_a_file_that_was_only_touched_by_a_reader_is_none(
    tree: Path, saves: Iterator[frozenset[Path]]
) -> None:
    (tree / C).read_text()
    os.link(tree / C, tree / "a-link")  # as our own copies of a tree do
    time.sleep(0.3)
    in_place(tree / H)
    assert next(saves) == {H}


def test_new_and_removed_files_and_folders(tree: Path, saves: Iterator[frozenset[Path]]) -> None:
    (tree / "mm/new").mkdir(parents=True)
    (tree / "mm/new/x.c").write_text("x\n")
    assert next(saves) == {Path("mm/new/x.c")}
    in_place(tree / "mm/new/x.c")  # the new folder is watched
    assert next(saves) == {Path("mm/new/x.c")}
    shutil.rmtree(tree / "mm")
    assert next(saves) == {Path("mm/new/x.c")}
    (tree / C).unlink()
    assert next(saves) == {C}


def test_a_folder_that_is_linked_to_is_told_by_its_own_name(
    tree: Path, saves: Iterator[frozenset[Path]]
) -> None:
    assert (tree / "include/dt-bindings").is_symlink()
    in_place(tree / "include/dt-bindings/kthread.h")
    assert next(saves) == {H}


def test_more_events_than_the_kernel_keeps(
    tree: Path, saves: Iterator[frozenset[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MANY", 3)
    monkeypatch.setattr(watch_look.Look, "at", None)  # it is not asked about single ones then
    names = {Path(f"kernel/many{number}.c") for number in range(50)}
    for name in names:
        (tree / name).write_text("x\n")
    found: set[Path] = set()
    while found != names:
        found |= next(saves)


def test_names_that_are_no_utf8_harm_nothing(tree: Path) -> None:
    (tree / "kernel" / os.fsdecode(b"\xff")).mkdir()
    with limited():
        saves = watch.changes(tree, sources)
        in_place(tree / C)
        assert next(saves) == {C}
        (tree / "kernel" / os.fsdecode(b"\xfe.c")).write_text("x")
        assert next(saves) == {Path("kernel") / os.fsdecode(b"\xfe.c")}


def test_a_tree_that_goes_ends_it(tree: Path, saves: Iterator[frozenset[Path]]) -> None:
    shutil.rmtree(tree)
    with pytest.raises(InfrastructureError, match="is gone"):
        for _ in saves:
            pass
    with pytest.raises(InfrastructureError, match="is no folder"):
        watch.changes(tree, sources)


def test_ctrl_c_ends_a_wait(saves: Iterator[frozenset[Path]]) -> None:
    before = threading.active_count()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        next(saves)
    timer.join()
    assert threading.active_count() <= before


def test_where_others_may_save_unheard_files_are_polled(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["findmnt", "--noheadings", "--output", "FSTYPE", "--target", str(tree)]
    kind = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    assert watch.file_system(tree) == kind
    monkeypatch.setattr(watch, "REMOTE", {kind})
    monkeypatch.setattr(watch, "_events", None)
    notes: list[str] = []
    saves = watch.changes(tree, sources, notes.append)
    assert len(notes) == 1 and f"is on {kind}, which tells of no saves elsewhere" in notes[0]
    for way in (in_place, renamed_over):
        way(tree / C)
        assert next(saves) == {C}


POLLING = """
    import sys
    from pathlib import Path
    from orchestrator.edge import watch
    tree = Path(sys.argv[1])
    saves = watch.changes(tree, lambda path: path.suffix == ".c", lambda line: print("note", line))
    for name in ("kernel/kthread.c", "kernel/fresh.c"):
        (tree / name).write_text("saved")
        print(*next(saves), flush=True)
"""


@pytest.mark.parametrize("limit", ["max_inotify_watches", "max_inotify_instances"])
def test_where_the_kernel_watches_no_more_files_are_polled(tree: Path, limit: str) -> None:
    """A user namespace has limits of its own, which whoever made it may set."""
    script = f'echo 1 > /proc/sys/user/{limit} && exec "$@"'
    if limit.endswith("instances"):
        script = script.replace("echo 1", "echo 0")
    inside = ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("no user namespaces here")
    polling = [sys.executable, "-c", textwrap.dedent(POLLING), str(tree)]
    done = subprocess.run(
        [*inside, *polling], capture_output=True, text=True, timeout=PATIENCE_S * 2, check=True
    )
    note, *saved = done.stdout.splitlines()
    assert note.startswith(
        "note the kernel allows no more watches (5 folders); files are looked at"
    )
    assert "sysctl fs.inotify.max_user_watches=" in note
    assert saved == ["kernel/kthread.c", "kernel/fresh.c"]
