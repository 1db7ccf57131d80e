# SPDX-License-Identifier: GPL-2.0-only
"""Files and folders to and from a guest, by SFTP. What a guest calls its files is not trusted:
no name leads out of the folder asked for, and no link is followed or made on this side."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable
from pathlib import Path

import paramiko

from orchestrator.model.errors import UsageError

Told = Callable[[str], None]


def put(sftp: paramiko.SFTPClient, source: Path, dest: str, told: Told) -> None:
    """source, with all that is in it; into dest if that is a folder. Raises UsageError."""
    if not source.exists():
        raise UsageError(f"there is no {source}")
    if _is_folder(sftp, dest):
        dest = posixpath.join(dest, source.resolve().name)
    try:
        _put(sftp, source, dest, told)
    except OSError as error:
        raise UsageError(f"cannot copy {source} to {dest} in the guest: {error}") from error


def _put(sftp: paramiko.SFTPClient, source: Path, dest: str, told: Told) -> None:
    mode = source.stat().st_mode
    if stat.S_ISDIR(mode):
        if not _is_folder(sftp, dest):
            sftp.mkdir(dest, 0o700)
        for path in sorted(source.iterdir()):
            if path.is_symlink():
                told(f"left out: {path} is a link")
            else:
                _put(sftp, path, posixpath.join(dest, path.name), told)
    elif stat.S_ISREG(mode):
        sftp.put(str(source), dest)
    else:
        told(f"left out: {source} is no file or folder")
        return
    sftp.chmod(dest, stat.S_IMODE(mode))


def get(sftp: paramiko.SFTPClient, source: str, dest: Path, told: Told) -> None:
    """The same the other way; set-user-id bits stay behind."""
    try:
        mode = sftp.stat(source).st_mode or 0
    except OSError as error:
        raise UsageError(f"there is no {source} in the guest: {error}") from error
    if dest.is_dir():
        name = posixpath.basename(posixpath.normpath(sftp.normalize(source)))
        dest = dest / _safe(name)
    try:
        _get(sftp, source, mode, dest, told)
    except OSError as error:
        raise UsageError(f"cannot copy {source} of the guest to {dest}: {error}") from error


def _get(sftp: paramiko.SFTPClient, source: str, mode: int, dest: Path, told: Told) -> None:
    if stat.S_ISDIR(mode):
        if dest.is_symlink() or not dest.is_dir():
            dest.mkdir(mode=0o700)
        for entry in sorted(sftp.listdir_attr(source), key=lambda each: each.filename):
            inner = entry.st_mode or 0
            if stat.S_ISDIR(inner) or stat.S_ISREG(inner):
                name = _safe(entry.filename)
                _get(sftp, posixpath.join(source, name), inner, dest / name, told)
            else:
                told(f"left out: {source}/{entry.filename} is no file or folder")
        dest.chmod(stat.S_IMODE(mode) & 0o777 | stat.S_IRWXU)
    elif stat.S_ISREG(mode):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(dest, flags, 0o600), "wb") as file:
            sftp.getfo(source, file)
            os.fchmod(file.fileno(), stat.S_IMODE(mode) & 0o777)
    else:
        raise UsageError(f"{source} in the guest is no file or folder")


def _safe(name: str) -> str:
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise UsageError(f"the guest has a file of the name {name!r}: nothing more is copied")
    return name


def _is_folder(sftp: paramiko.SFTPClient, path: str) -> bool:
    try:
        return stat.S_ISDIR(sftp.stat(path).st_mode or 0)
    except OSError:
        return False
