# SPDX-License-Identifier: GPL-2.0-only
"""`--add PATH[:DEST]`: files and folders of the user's, as members of the guest's archive."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from orchestrator.model.errors import UsageError
from orchestrator.plan import cpio

# Links to /usr in Debian: a folder of that name would hide what is in them.
MERGED = ("bin", "sbin", "lib", "lib64")
SHARE = 4  # of the guest's memory, which holds them, they may take one in so many


def added(specs: Sequence[str], below: str, mem_mib: int) -> tuple[cpio.Entry, ...]:
    """Entries, folders before what is in them, owned by root. below: where / is in the archive,
    "" or a folder. Without DEST, they go to /root. Raises UsageError."""
    found: dict[str, cpio.Entry] = {}
    for spec in specs:
        source, dest = _split(spec)
        if below and dest.split("/")[0] in MERGED:
            dest = f"usr/{dest}"
        for entry in _entries(source, dest, spec):
            found |= {entry.path: entry}
    return placed("--add", found.values(), below, mem_mib)


def placed(
    what: str, entries: Iterable[cpio.Entry], below: str, mem_mib: int
) -> tuple[cpio.Entry, ...]:
    """The same of entries that are there already, with the folders they lie in. what: it is, for
    UsageError."""
    found: dict[str, cpio.Entry] = {}
    for entry in entries:
        for parent in _parents(entry.path):
            found.setdefault(parent, cpio.Entry(parent, _folder_mode(parent)))
        found[entry.path] = entry
    size_mib = sum(len(entry.data) for entry in found.values()) >> 20
    if size_mib > mem_mib // SHARE:
        raise UsageError(
            f"{what}: {size_mib} MiB are too much for a guest of {mem_mib} MiB",
            f"it may be {mem_mib // SHARE} MiB; a --topology with more memory takes more",
        )
    if not below:
        return tuple(found.values())
    top = [cpio.directory(path) for path in _parents(f"{below}/x")]
    return (
        *top,
        *(cpio.Entry(f"{below}/{e.path}", e.mode, e.data, e.device) for e in found.values()),
    )


def _split(spec: str) -> tuple[Path, str]:
    """A path that has a colon is taken as it is if it is there."""
    source, dest = spec, ""
    if not Path(spec).exists() and ":" in spec:
        source, _, dest = spec.rpartition(":")
    path = Path(source)
    if not path.exists():
        raise UsageError(f"--add {spec}: there is no {source}")
    if dest and not dest.startswith("/"):
        raise UsageError(f"--add {spec}: {dest} is not absolute", "DEST is a path in the guest")
    name = path.resolve().name
    if not dest:
        dest = f"/root/{name}"
    elif dest.endswith("/"):
        dest += name
    whole = posixpath.normpath("/" + dest).lstrip("/")
    if not whole:
        raise UsageError(f"--add {spec}: / is there already", "name a folder in it")
    return path, whole


def folder_entries(source: Path, dest: str) -> Iterator[cpio.Entry]:
    """All that is in a folder of ours, below dest of the guest, which has no slash before it."""
    return _entries(source, dest, str(source))


def _entries(source: Path, dest: str, spec: str) -> Iterator[cpio.Entry]:
    """source itself is followed if it is a link; links inside stay links."""
    try:
        if not source.is_dir():
            yield _entry(source.resolve(), dest, spec)
            return
        yield cpio.Entry(dest, stat.S_IFDIR | (source.stat().st_mode & 0o7777))
        for path in sorted(source.rglob("*")):
            yield _entry(path, f"{dest}/{path.relative_to(source).as_posix()}", spec)
    except OSError as error:
        raise UsageError(f"--add {spec}: {error.strerror}: {error.filename}") from error


def _entry(path: Path, dest: str, spec: str) -> cpio.Entry:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return cpio.symlink(dest, str(path.readlink()))
    if stat.S_ISDIR(mode):
        return cpio.Entry(dest, mode)
    if stat.S_ISREG(mode):
        return cpio.Entry(dest, mode, path.read_bytes())
    raise UsageError(f"--add {spec}: {path} is no file, folder or link")


def _parents(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])


def _folder_mode(path: str) -> int:
    return stat.S_IFDIR | {"root": 0o700, "tmp": 0o1777}.get(path, 0o755)
