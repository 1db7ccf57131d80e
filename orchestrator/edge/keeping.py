# SPDX-License-Identifier: GPL-2.0-only
"""Keeps what grows with every run within bounds: the least lately used entries go first."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

IN_USE_S = 3600.0  # one used so lately may be in use now


def trim(
    folder: Path,
    kept_mib: int,
    mib_of: Callable[[Path], int],
    keep: str,
    beside: Iterable[Path] = (),
) -> tuple[str, ...]:
    """Remove entries of a store's folder, and of those beside it, until kept_mib are left; their
    names.

    keep: the entry just made. mib_of: what an entry takes, may raise OSError or ValueError.
    Entries used within IN_USE_S stay, so that more may be left.
    """
    entries: list[tuple[float, Path, int]] = []
    for path in (*folder.iterdir(), *beside):
        with contextlib.suppress(OSError, ValueError):
            if not path.name.startswith("."):
                entries.append((path.stat().st_mtime, path, mib_of(path)))
    total_mib = sum(mib for _, _, mib in entries)
    gone = []
    for used, path, mib in sorted(entries):
        if total_mib <= kept_mib or used > time.time() - IN_USE_S:
            break
        if path.name != keep:
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path.name)
            total_mib -= mib
    return tuple(gone)


def occupied_mib(folder: Path) -> int:
    """What the files of a folder take on the disk, those apart that other names share."""
    found = (path.lstat() for path in folder.rglob("*"))
    return sum(each.st_blocks for each in found if each.st_nlink == 1) * 512 >> 20
