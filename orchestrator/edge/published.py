# SPDX-License-Identifier: GPL-2.0-only
"""A folder of pages that is there whole, or as it was before.

It is written beside its place under another name and then put there in one step. What a killed
writer leaves is removed by the next, unless somebody still writes to it (flock(2)).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestrator.model.errors import InfrastructureError, UsageError

_MARK = ".orchestrate-dashboard"  # in a folder that may be replaced
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@contextlib.contextmanager
def publishing(folder: Path) -> Iterator[Path]:
    """A new folder to write to, which takes the place of `folder` at the end; nothing changes if
    something is raised inside. UsageError if there is something there that is not ours,
    InfrastructureError if it cannot be written."""
    place = Path(os.path.realpath(folder))
    check(folder)
    with contextlib.ExitStack() as holds:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with _held(place.parent, wait=True):  # until a new folder is held, it looks left behind
                _sweep(place)
                fresh = place.parent / f".{place.name}.{secrets.token_hex(4)}.partial"
                fresh.mkdir()
                holds.enter_context(_held(fresh))
        except OSError as error:
            raise InfrastructureError(f"cannot write {folder}: {error.strerror}") from error
        try:
            (fresh / _MARK).touch()
            yield fresh
            _put(fresh, place)
        except OSError as error:
            raise InfrastructureError(f"cannot write {folder}: {error.strerror}") from error
        finally:  # what is there now is what was there before, or what went wrong
            shutil.rmtree(fresh, ignore_errors=True)


def write_pages(folder: Path, pages: Iterable[tuple[str, str]]) -> int:
    """Each to its file; how many there were."""
    count = 0
    for name, text in pages:
        (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
        count += 1
    return count


def check(folder: Path) -> None:
    """UsageError unless a dashboard may be put there."""
    place = Path(os.path.realpath(folder))
    hint = "name a new folder, an empty one, or that of an earlier dashboard"
    if place.exists() and not place.is_dir():
        raise UsageError(f"{folder} is no folder", hint)
    if place.is_dir() and any(place.iterdir()) and not (place / _MARK).is_file():
        raise UsageError(f"{folder} holds something else", hint)


def _put(fresh: Path, place: Path) -> None:
    """fresh becomes place; what was at place, if anything, is at fresh then."""
    if not place.exists():
        with contextlib.suppress(FileExistsError):
            fresh.rename(place)
            return
    if _exchange(fresh, place):
        return
    old = fresh.with_name(fresh.name.removesuffix(".partial") + ".old.partial")
    place.rename(old)
    fresh.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Both change places at once; False where the file system cannot."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    args = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if call(*args) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number))


def _sweep(place: Path) -> None:
    ours = re.compile(rf"\.{re.escape(place.name)}\.[0-9a-f]{{8}}(\.old)?\.partial")
    for path in place.parent.iterdir():
        if ours.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            with contextlib.suppress(OSError), _held(path):
                shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _held(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Nobody else has it, while we do. BlockingIOError if somebody has, unless we wait."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(number)
