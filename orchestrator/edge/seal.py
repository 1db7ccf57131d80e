# SPDX-License-Identifier: GPL-2.0-only
"""Is an entry of the store what it was when it was made?

A disk that fails or a tool that meddles must not read as a kernel that does. Files are known by
size and change times; where those differ, as after the cache was copied, by content.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator.edge.store import Store
from orchestrator.model.progress import Note, Progress

SEAL = "seal.json"


def write(
    folder: Path,
    names: Iterable[str],
    file: str = SEAL,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Keep what these files are, with further facts, in `file` of the folder. Raises OSError."""
    files = {name: _known(folder / name, _content(folder / name)) for name in sorted(names)}
    _write(folder, file, {**(facts or {}), "files": files})


def whole(folder: Path, file: str = SEAL) -> bool:
    """Are all files there as they were? Not so if that was never written, or cannot be read."""
    try:
        facts = json.loads((folder / file).read_text())
        files = {str(name): list(known) for name, known in facts["files"].items()}
        now = {name: _known(folder / name, str(known[3])) for name, known in files.items()}
        if now == files and facts["host"] == _host_boot():
            return True
        if any(_content(folder / name) != known[3] for name, known in files.items()):
            return False
        _write(folder, file, {**facts, "files": now})
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
    return True


def drop_damaged(
    store: Store, kind: str, key: str, files: tuple[str, ...], progress: Progress
) -> None:
    """Remove the entry if it is not whole, so that it is made again. files: patterns of what is
    sealed now if it never was: entries of earlier versions."""
    entry = store.folder(kind) / key
    if not entry.is_dir() or whole(entry):
        return
    with store.lock(f"{kind}/{key}", progress):
        if not entry.is_dir() or whole(entry):
            return
        if not (entry / SEAL).exists():
            write(entry, names(entry, files))
            return
        progress(Note(f"{kind}/{key} in the cache is damaged, and made again"))
        shutil.rmtree(entry)


def names(folder: Path, patterns: Iterable[str]) -> list[str]:
    """Files of the folder, as write() takes them."""
    return [str(file.relative_to(folder)) for each in patterns for file in folder.glob(each)]


def _write(folder: Path, file: str, facts: Mapping[str, object]) -> None:
    partial = folder / f".{file}.{os.getpid()}"
    partial.write_text(json.dumps({**facts, "host": _host_boot()}))
    partial.rename(folder / file)


def _host_boot() -> str:
    """After a crash of the host, times prove nothing: files may have lost their content."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _known(path: Path, content: str) -> list[object]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, content]


def _content(path: Path) -> str:
    """Digest of what is in a file, and where: its holes are not read."""
    summed = hashlib.blake2b(digest_size=16)
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at < size:
            try:
                begin = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:  # ENXIO: only a hole is left
                break
            end = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            at = end
            _add_blocks(summed, file.fileno(), begin, end)
    summed.update(b"%d" % size)
    return summed.hexdigest()


_BLOCK = 1 << 16


def _add_blocks(summed: hashlib.blake2b, fd: int, begin: int, end: int) -> None:
    """Blocks that are not all zero, which a copy of the file may have as holes or not."""
    for at in range(begin - begin % _BLOCK, end, _BLOCK):
        block = os.pread(fd, _BLOCK, at)
        if block.strip(b"\0"):
            summed.update(b"%d:" % at)
            summed.update(block)
