# SPDX-License-Identifier: GPL-2.0-only
"""Which files of a tree differ from when they were last looked at. Nothing is read, only stat."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Stamp = tuple[int, int, int, int]  # change time of the content (ns), bytes, inode, mode

# What kbuild makes beside its sources, and what editors keep beside a file: `x.c~`, `#x.c#`,
# `.#x.c` (Emacs), `.x.c.swp`, `4913` (Vim), `.x.c.kate-swp`.
_NOISE = re.compile(
    r"""(?x) .*\.(?:[oadsi]|ko|cmd|mod|mod\.c|order|symvers|tmp|lst|dtb|dtbo) | .*~ | 4913
    | \#.*\# | \.\#.* | \..*\.(?:sw[a-z]|kate-swp|un~) | .*___jb_(?:tmp|old)___ | \.goutput.*"""
)
# A folder below the root that holds one of these is no part of the tree: a repository, a worktree,
# a build's output (make O=).
_NOT_OURS = (".git", ".config")


class Look:
    """folders: absolute paths, root first. layout: a number that grows when they change."""

    def __init__(self, root: Path, wanted: Callable[[Path], bool]) -> None:
        self.root = root
        self.folders: dict[str, None] = {}
        self.layout = 0
        self._wanted = wanted
        self._start = len(str(root)) + 1
        self._stamps: dict[str, Stamp] = {}

    def everywhere(self) -> set[Path]:
        """Files that differ, in the whole tree: about a second for 90,000."""
        folders: dict[str, None] = {}
        found = dict(self._scan(str(self.root), folders))
        if folders.keys() != self.folders.keys():
            self.folders = folders
            self.layout += 1
        before, self._stamps = self._stamps, found
        paths = before.keys() | found.keys()
        return {self._path(path) for path in paths if before.get(path) != found.get(path)}

    def at(self, paths: Iterable[str]) -> set[Path]:
        """Files that differ, of these absolute paths; in the whole tree if folders came or went."""
        differ: set[str] = set()
        for path in paths:
            name = path.rpartition("/")[2]
            if name in _NOT_OURS or self._is_new_layout(path):
                return {self._path(each) for each in differ} | self.everywhere()
            if self._has_changed(path):
                differ.add(path)
        return {self._path(path) for path in differ}

    def known(self) -> set[Path]:
        """Files that differ, of those that were there last time."""
        return {self._path(path) for path in list(self._stamps) if self._has_changed(path)}

    def _has_changed(self, path: str) -> bool:
        """Takes note of it, too."""
        before, now = self._stamps.get(path), self._stamp(path)
        if before == now or (before is None and not self._counts(path)):
            return False
        if now:
            self._stamps[path] = now
        else:
            del self._stamps[path]
        return True

    def _counts(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        inside = path.rpartition("/")[0] in self.folders
        return inside and not _NOISE.fullmatch(name) and self._wanted(self._path(path))

    def _is_new_layout(self, path: str) -> bool:
        folder = os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114
        if path in self.folders:
            return not folder
        return folder and path.rpartition("/")[0] in self.folders and not _is_foreign(path)

    def _path(self, path: str) -> Path:
        return Path(path[self._start :])

    @staticmethod
    def _stamp(path: str) -> Stamp | None:
        """None for what is not there, and for folders and devices."""
        try:
            return _of(os.lstat(path))
        except OSError:
            return None

    def _scan(self, top: str, folders: dict[str, None]) -> Iterator[tuple[str, Stamp]]:
        """Files that count, in top and below; folders that are ours are added to folders."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            entries = _entries(folder)
            if entries is None or (folder != top and any(e.name in _NOT_OURS for e in entries)):
                continue
            folders[folder] = None
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NOT_OURS:
                        waiting.append(entry.path)
                elif self._counts_there(entry) and (stamp := self._stamp(entry.path)):
                    yield entry.path, stamp

    def _counts_there(self, entry: os.DirEntry[str]) -> bool:
        return not _NOISE.fullmatch(entry.name) and self._wanted(self._path(entry.path))


def _entries(folder: str) -> list[os.DirEntry[str]] | None:
    """None if it is gone or closed to us."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return None


def _is_foreign(folder: str) -> bool:
    return any(os.path.lexists(f"{folder}/{name}") for name in _NOT_OURS)


def _of(status: os.stat_result) -> Stamp | None:
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode
