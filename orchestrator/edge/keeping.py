# SPDX-License-Identifier: GPL-2.0-only
"""Keeps what grows with every run within bounds: the least lately used entries go first."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

IN_USE_S = 3600.0  # one used so lately may be in use now


def trim(
    folder: Path,
    kept: int,
    size_of: Callable[[Path], int],
    keep: str,
    beside: Iterable[Path] = (),
) -> tuple[str, ...]:
    """Remove entries of a store's folder, and of those beside it, until so much is left; their
    names.

    keep: the entry just made. size_of: what an entry takes, in kept's unit; one for which it raises
    OSError or ValueError neither counts nor goes.
    Entries used within IN_USE_S stay, so that more may be left.
    """
    entries: list[tuple[float, Path, int]] = []
    for path in (*folder.iterdir(), *beside):
        with contextlib.suppress(OSError, ValueError):
            if not path.name.startswith("."):
                entries.append((path.stat().st_mtime, path, size_of(path)))
    total = sum(size for _, _, size in entries)
    gone = []
    for used, path, size in sorted(entries):
        if total <= kept or used > time.time() - IN_USE_S:
            break
        if path.name != keep:
            with contextlib.suppress(OSError):
                remove(path)
            gone.append(path.name)
            total -= size
    return tuple(gone)


def remove(entry: Path) -> None:
    """Remove a folder that others may find: from the first moment on, nobody finds it half there.

    If we are killed, the rest has the name of a half-made entry (store.py), for the next sweep.
    Raises OSError.
    """
    half = entry.with_name(f".{entry.name}.{os.getpid()}.partial")
    entry.rename(half)
    shutil.rmtree(half)


def occupied_mib(folder: Path) -> int:
    """What the files of a folder take on the disk, those apart that other names share."""
    found = (path.lstat() for path in folder.rglob("*"))
    return sum(each.st_blocks for each in found if each.st_nlink == 1) * 512 >> 20
