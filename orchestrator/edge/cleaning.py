# SPDX-License-Identifier: GPL-2.0-only
"""What of the store and the runs can go."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from orchestrator.edge.keeping import occupied_mib, remove
from orchestrator.edge.store import cache_root, runs_root

_DERIVED = (
    "kernels", "modules", "building", "noise", "states", "types", "shipped", "packed", "selftests",
)  # fmt: skip
_FETCHED = ("trees", "downloads", "probes", "rootfs")
_HISTORY = "history.db"  # with what SQLite puts beside it: no run, though it may lie there
DAY_S = 86400
_PARTIAL = re.compile(r"\..*\.(\d+)\.partial")


class Removable(Struct, frozen=True):
    """A store entry or run directory. mib: what it alone occupies, hard links counted off."""

    path: Path
    mib: int


def removable(everything: bool, runs: bool, older_than_days: int) -> Iterator[Removable]:
    """Entries not used for that many days; half-made ones of dead processes always."""
    horizon = time.time() - older_than_days * DAY_S
    folders = [cache_root() / kind for kind in (*_DERIVED, *(_FETCHED if everything else ()))]
    folders += [runs_root()] if runs else []
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if _is_stale(path, horizon) and not path.name.startswith(_HISTORY):
                yield Removable(path, _own_mib(path))


def _is_stale(path: Path, horizon: float) -> bool:
    """Not used since; a link (runs/latest) goes with what it points to."""
    if not path.exists():
        return True
    return _maker_is_dead(path.name) or path.stat().st_mtime <= horizon


def _maker_is_dead(name: str) -> bool:
    """Whether this is a half-made entry (edge/store.py) whose process is gone."""
    maker = _PARTIAL.fullmatch(name)
    return maker is not None and not Path(f"/proc/{maker[1]}").exists()


def drop(item: Removable) -> None:
    """Remove it. Raises OSError."""
    if item.path.is_dir() and not item.path.is_symlink():
        remove(item.path)
    else:
        item.path.unlink(missing_ok=True)


def _own_mib(path: Path) -> int:
    if path.is_symlink() or path.is_file():
        return path.lstat().st_blocks * 512 >> 20
    return occupied_mib(path)
