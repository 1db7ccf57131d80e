# SPDX-License-Identifier: GPL-2.0-only
"""Initramfs archives in the "newc" format (Documentation/driver-api/early-userspace/
buffer-format.rst), byte for byte the same for the same input: no times, no owners, entries
in the order given, inode numbers by position.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable

from msgspec import Struct

_BLOCK = 512


class Entry(Struct, frozen=True):
    """A file, directory, symlink (data: target) or device node of the archive.

    path: relative, without a leading slash. mode: type and permission bits. device:
    (major, minor) of a device node.
    """

    path: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def directory(path: str) -> Entry:
    return Entry(path, stat.S_IFDIR | 0o755)


def file(path: str, data: bytes, mode: int = 0o644) -> Entry:
    return Entry(path, stat.S_IFREG | mode, data)


def symlink(path: str, target: str) -> Entry:
    return Entry(path, stat.S_IFLNK | 0o777, target.encode(errors="surrogateescape"))


def character_device(path: str, major: int, minor: int) -> Entry:
    return Entry(path, stat.S_IFCHR | 0o600, device=(major, minor))


def archive(entries: Iterable[Entry]) -> bytes:
    """The whole archive, trailer included, padded to a full block."""
    parts: list[bytes] = []
    inode = 0
    for inode, entry in enumerate(entries, start=1):
        parts.append(_member(entry, inode))
    parts.append(_member(Entry("TRAILER!!!", 0), inode + 1))
    whole = b"".join(parts)
    return whole + b"\0" * (-len(whole) % _BLOCK)


def _member(entry: Entry, inode: int) -> bytes:
    name = entry.path.encode(errors="surrogateescape") + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (
        inode,
        entry.mode,
        0,  # uid
        0,  # gid
        links,
        0,  # mtime
        len(entry.data),
        0,  # device the archive was made on
        0,
        *entry.device,
        len(name),
        0,  # checksum, unused in newc
    )
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(header) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
