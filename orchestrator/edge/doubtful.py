# SPDX-License-Identifier: GPL-2.0-only
"""Files in a build directory whose making was interrupted: removed, so that make does them again.

make itself removes a target when it is interrupted, but not when it is killed. Then a file may
be cut short, or lack a step that changes it in place (objtool), and be newer than its sources;
and where its old command is on record, as for what was compiled again, kbuild takes it as done.
A command is recorded after the step (if_changed_rule in scripts/Kbuild.include).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

DOUBT_S = 2.0  # before the last sign of life: what was written then may be unfinished
_ELF = b"\x7fELF"
_ARCHIVES = (b"!<arch>\n", b"!<thin>\n")
# Written whole under another name and renamed (filechk, conf), or made before anything else,
# and what all objects depend on.
_SAFE = ("include/", ".config", "asked.config", "Makefile")


class _File(Struct, frozen=True):
    path: str  # in the build directory
    written_ns: int


def drop_doubtful(objects: Path, last_sign_s: float) -> tuple[str, ...]:
    """Remove what make must not trust; paths of targets, in order. last_sign_s: time at which
    the build printed something last, seconds since 1970."""
    files = {file.path: file for file in _files(str(objects))}
    latest_ns = max((file.written_ns for file in files.values()), default=0)
    horizon_ns = max(latest_ns, int(last_sign_s * 1e9)) - int(DOUBT_S * 1e9)
    gone = []
    for path, file in sorted(files.items()):
        folder, name = os.path.split(path)
        if name.startswith(".") and name.endswith(".cmd"):
            continue
        command = files.get(os.path.join(folder, f".{name}.cmd"))  # noqa: PTH118
        if _is_doubtful(objects, file, command, horizon_ns):
            gone.append(path)
            for each in (file, command):
                if each:
                    (objects / each.path).unlink()
    return tuple(gone)


def _files(top: str) -> Iterator[_File]:
    for folder, _, names in os.walk(top):
        for name in names:
            found = os.lstat(f"{folder}/{name}")
            if not os.path.islink(f"{folder}/{name}"):  # noqa: PTH114
                yield _File(f"{folder}/{name}"[len(top) + 1 :], found.st_mtime_ns)


def _is_doubtful(objects: Path, file: _File, command: _File | None, horizon_ns: int) -> bool:
    if command:
        if command.written_ns < file.written_ns or command.written_ns >= horizon_ns:
            return True
    elif file.written_ns >= horizon_ns and not file.path.startswith(_SAFE):
        return True
    return not is_whole(objects / file.path)


def is_whole(path: Path) -> bool:
    """False for an empty object, and an ELF file or archive that is cut short. Raises OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(64)
        if head[:4] == _ELF:
            return _elf_is_whole(head, size)
        if path.suffix in (".o", ".ko"):
            return False
        if path.suffix == ".a":
            return head[:8] in _ARCHIVES
    return True


def _elf_is_whole(head: bytes, size: int) -> bool:
    """By its section headers, which linker and assembler put last."""
    if len(head) < 64:
        return False
    order = "little" if head[5] == 1 else "big"
    wide = head[4] == 2  # ELFCLASS64 (elf(5))
    at, width, sizes = (40, 8, 58) if wide else (32, 4, 46)
    start = int.from_bytes(head[at : at + width], order)  # type: ignore[arg-type]
    each = int.from_bytes(head[sizes : sizes + 2], order)  # type: ignore[arg-type]
    count = int.from_bytes(head[sizes + 2 : sizes + 4], order)  # type: ignore[arg-type]
    return start > 0 and start + each * max(1, count) <= size
