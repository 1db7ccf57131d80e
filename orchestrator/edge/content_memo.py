# SPDX-License-Identifier: GPL-2.0-only
"""Digests of many files, remembered by what stat(2) says, so that a second look costs no read."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

# A file changed twice within one tick of the file system's clock looks the same to stat; what
# changed this short before it was read is not remembered (git calls this "racy").
RACY_NS = 2_000_000_000


class FileState(NamedTuple):  # a dataclass takes three times as long to make
    """A file as it was when read. kind: "-" file, "x" executable, "l" symbolic link."""

    path: str
    kind: str
    stat: str  # size, times, inode: changes whenever the file does
    mtime_ns: int
    digest: str

    @property
    def row(self) -> str:
        """What of it makes up the tree's content."""
        return f"{self.kind} {self.digest} {self.path}"


Memo = dict[str, list[str]]  # path: [FileState.stat, FileState.digest]


def load(file: Path) -> Memo:
    """What was saved; nothing if it is not there or not readable."""
    try:
        memo = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return memo if isinstance(memo, dict) else {}


def save(file: Path, states: Iterable[FileState], began_ns: int) -> None:
    """Keep what load() gives next time; began_ns: time.time_ns() from before the reading."""
    memo = {
        state.path: [state.stat, state.digest]
        for state in states
        if _changed_ns(state.stat) < began_ns - RACY_NS
    }
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(json.dumps(memo))
    fresh.replace(file)


def look(tree: Path, paths: Sequence[str], memo: Memo) -> tuple[FileState, ...]:
    """The files of tree that are there (no directories), read only where memo is outdated."""
    top = str(tree)
    return tuple(state for path in paths if (state := _look_at(top, path, memo)))


def holds(memo: Memo, states: Iterable[FileState]) -> bool:
    """Would look() with this memo have read nothing?"""
    return all(memo.get(state.path) == [state.stat, state.digest] for state in states)


def unchanged(tree: Path, states: Iterable[FileState]) -> bool:
    """Are all the files still as they were when read?"""
    try:
        return all(_signature(os.lstat(f"{tree}/{state.path}")) == state.stat for state in states)
    except FileNotFoundError:
        return False


def _look_at(top: str, path: str, memo: Memo) -> FileState | None:
    full = f"{top}/{path}"
    try:
        status = os.lstat(full)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        return None
    signature = _signature(status)
    known = memo.get(path)
    digest = known[1] if known and known[0] == signature else _digest(full, status.st_mode)
    kind = "l" if stat.S_ISLNK(status.st_mode) else "x" if status.st_mode & 0o100 else "-"
    return FileState(path, kind, signature, status.st_mtime_ns, digest)


def _signature(status: os.stat_result) -> str:
    return (
        f"{status.st_ctime_ns} {status.st_mtime_ns} {status.st_size} "
        f"{status.st_ino} {status.st_mode}"
    )


def _changed_ns(signature: str) -> int:
    return int(signature.partition(" ")[0])


def _digest(full: str, mode: int) -> str:
    if stat.S_ISLNK(mode):
        data = os.fsencode(Path(full).readlink())
    else:
        with open(full, "rb") as file:  # noqa: PTH123 - 100,000 times
            data = file.read()
    return hashlib.sha256(data).hexdigest()[:32]
