# SPDX-License-Identifier: GPL-2.0-only
"""A kernel tree of a dozen files, and the things tests make of one."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

MAKEFILE = "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\nEXTRAVERSION =\nNAME = x\n"
OLD_NS = 1_700_000_000_000_000_000  # an mtime no test could make by accident
KTHREAD = "".join(f"line {number}\n" for number in range(1, 21))


def kernel_tree(folder: Path) -> Path:
    """folder, filled with what passes for a kernel tree; all mtimes are OLD_NS."""
    for name, text in {
        "Makefile": MAKEFILE,
        "Kbuild": "# Kbuild\n",
        "kernel/kthread.c": KTHREAD,
        "kernel/.kunitconfig": "CONFIG_KUNIT=y\n",
        "include/linux/kthread.h": "/* kthread */\n",
        "scripts/run.sh": "#!/bin/sh\n",
        ".gitignore": ".*\n*.o\n!.gitignore\n/*.local\n",
        "scripts/.gitignore": "lexer.lex.c\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "scripts/run.sh").chmod(0o755)
    (folder / "include/dt-bindings").symlink_to("linux")
    for path in sorted(folder.rglob("*")):
        os.utime(path, ns=(OLD_NS, OLD_NS), follow_symlinks=False)
    return folder


def git(folder: Path, *args: str) -> str:
    """git's output, with an identity of the test's own."""
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    done = subprocess.run(
        ["git", *identity, *args], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def repository(folder: Path) -> Path:
    """A kernel tree, committed, with the tag v7.3.4."""
    kernel_tree(folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--force", ".")
    git(folder, "commit", "--quiet", "--message=all")
    git(folder, "tag", "v7.3.4")
    return folder


def tarball(tree: Path, path: Path, top: str = "linux-7.3.4") -> Path:
    """tree as a tar archive compressed as path's name says (.xz, .gz, .bz2)."""
    with tarfile.open(path, f"w:{path.suffix[1:]}") as archive:
        archive.add(tree, top)
    return path


def state(tree: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """All that must not change in a tree: mode, inode, mtime and content of each file."""
    found = {}
    for path in sorted(tree.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        row = (status.st_mode, status.st_ino, status.st_mtime_ns, content)
        found[str(path.relative_to(tree))] = row
    return found
