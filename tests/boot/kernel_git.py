# SPDX-License-Identifier: GPL-2.0-only
"""A git repository whose commits are whole kernels, made from a tree in the store."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import platformdirs

FILE = "kernel/kthread.c"
PLAIN = ("-c", "core.compression=0", "-c", "pack.compression=0")
BASE_SECONDS = 1_790_000_000


def kernel_repository(folder: Path, tree: Path, commits: Sequence[tuple[str, str]]) -> list[str]:
    """Makes folder a bare repository: the tree, and then for each (subject, FILE's new text) a
    commit on "main". Their ids, oldest first; they are the same each time."""
    base, first = _base(tree)
    _git("init", "--quiet", "--bare", "--initial-branch=main", str(folder))
    (folder / "objects/info/alternates").write_text(f"{base / 'objects'}\n")

    def stream() -> Iterator[bytes]:
        for number, (subject, text) in enumerate(commits, start=1):
            yield _head(number, subject)
            if number == 1:
                yield b"from %s\n" % first.encode()
            data = text.encode()
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (FILE.encode(), len(data), data)

    _import(folder, stream())
    return _git("rev-list", "--reverse", "main", cwd=folder).split()


def whole_checkout(folder: Path, tree: Path, bare: Path) -> None:
    """A clone of a kernel_repository() with all files, at the tree itself. They are hard links to
    the tree's: git replaces files, it writes into none."""
    kept, first = _base(tree)
    index = kept / "whole.index"
    plain = ("-c", "core.checkStat=minimal", "-c", "core.trustctime=false")
    if not index.is_file():
        partial = index.with_name(f".{index.name}.{os.getpid()}")
        place = {"GIT_INDEX_FILE": str(partial), "GIT_WORK_TREE": str(tree), "GIT_DIR": str(kept)}
        _git("read-tree", first, **place)
        _git(*plain, "update-index", "-q", "--refresh", cwd=tree, **place)
        partial.rename(index)
    _git("clone", "--quiet", "--shared", "--no-checkout", str(bare), str(folder))
    for each in plain[1::2]:
        _git("config", *each.split("="), cwd=folder)
    _git("update-ref", "--no-deref", "HEAD", first, cwd=folder)
    subprocess.run(["cp", "-al", f"{tree}/.", str(folder)], check=True)
    shutil.copy(index, folder / ".git/index")
    _git("checkout", "--quiet", "--", ".", cwd=folder)  # links that are spelled in another way


def _base(tree: Path) -> tuple[Path, str]:
    """A repository with the tree as its only commit, kept from one test run to the next: half a
    minute, and 1.2 GB."""
    kept = platformdirs.user_cache_path("orchestrate-tests") / f"{tree.name}.git"
    if not (kept / "HEAD").is_file():
        partial = kept.with_name(f".{kept.name}.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        _git("init", "--quiet", "--bare", "--initial-branch=main", str(partial))
        _import(partial, _whole(tree))
        partial.rename(kept)
    return kept, _git("rev-parse", "main", cwd=kept)


def _whole(tree: Path) -> Iterator[bytes]:
    yield _head(0, "the tree")
    for path in _paths(tree):
        link = path.is_symlink()
        data = os.fsencode(path.readlink()) if link else path.read_bytes()
        mode = "120000" if link else "100755" if path.stat().st_mode & 0o100 else "100644"
        yield b"M %s inline %s\n" % (mode.encode(), os.fsencode(path.relative_to(tree)))
        yield b"data %d\n%s\n" % (len(data), data)


def _import(folder: Path, stream: Iterator[bytes]) -> None:
    argv = ["git", *PLAIN, "fast-import", "--quiet", "--done"]
    with subprocess.Popen(argv, cwd=folder, stdin=subprocess.PIPE, bufsize=1 << 20) as process:
        assert process.stdin
        for piece in stream:
            process.stdin.write(piece)
        process.stdin.write(b"done\n")
    assert process.returncode == 0


def _head(number: int, subject: str) -> bytes:
    who, said = f"A Tester <t@invalid> {BASE_SECONDS + number} +0000", subject.encode()
    return b"commit refs/heads/main\ncommitter %s\ndata %d\n%s\n" % (who.encode(), len(said), said)


def _git(*args: str, cwd: Path | None = None, **env: str) -> str:
    done = subprocess.run(
        ["git", *args], cwd=cwd, capture_output=True, text=True, check=True,
        env={**os.environ, **env},
    )  # fmt: skip
    return done.stdout.strip()


def _paths(tree: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(tree):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        found += [Path(folder, name) for name in (*files, *links)]
    return sorted(found)
