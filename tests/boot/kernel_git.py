# SPDX-License-Identifier: GPL-2.0-only
"""A git repository whose commits are whole kernels, made from a tree in the store."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

FILE = "kernel/kthread.c"


def kernel_repository(folder: Path, tree: Path, commits: Sequence[tuple[str, str]]) -> list[str]:
    """Makes folder a bare repository: the tree, and then for each (subject, FILE's new text) a
    commit. Their ids, oldest first; they are the same each time. Half a minute."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    config = ("-c", "core.compression=0", "-c", "pack.compression=0")
    marks = folder / "marks"
    argv = ["git", "-C", str(folder), *config, "fast-import", "--quiet", "--done",
            f"--export-marks={marks}"]  # fmt: skip
    with subprocess.Popen(argv, stdin=subprocess.PIPE, bufsize=1 << 20) as process:
        assert process.stdin
        write = process.stdin.write
        write(_head(1, "the tree"))
        for path in _paths(tree):
            status = path.lstat()
            link = path.is_symlink()
            data = os.fsencode(path.readlink()) if link else path.read_bytes()
            mode = "120000" if link else "100755" if status.st_mode & 0o100 else "100644"
            write(b"M %s inline %s\n" % (mode.encode(), os.fsencode(path.relative_to(tree))))
            write(b"data %d\n%s\n" % (len(data), data))
        for number, (subject, text) in enumerate(commits, start=2):
            write(_head(number, subject))
            data = text.encode()
            write(b"M 100644 inline %s\ndata %d\n%s\n" % (FILE.encode(), len(data), data))
        write(b"done\n")
    assert process.returncode == 0
    rows = sorted(
        (int(mark[1:]), commit)
        for mark, commit in (line.split() for line in marks.read_text().splitlines())
    )
    return [commit for _, commit in rows]


def _head(mark: int, subject: str) -> bytes:
    who = f"A Tester <t@invalid> {1_790_000_000 + mark} +0000"
    said = subject.encode()
    return b"commit refs/heads/main\nmark :%d\ncommitter %s\ndata %d\n%s\n" % (
        mark, who.encode(), len(said), said,
    )  # fmt: skip


def _paths(tree: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(tree):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        found += [Path(folder, name) for name in (*files, *links)]
    return sorted(found)
