# SPDX-License-Identifier: GPL-2.0-only
"""Folders as one file, the same bytes for the same content, and back again."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from orchestrator.model.errors import InfrastructureError

_LEVEL = 1  # of gzip: networks are faster than its better ones


def pack(files: Mapping[str, Path], target: Path, *, ages: bool = False) -> None:
    """Write a compressed tar of files and whole folders, each under the name it is given.

    Owners are left out, and times too unless ages: a tree's objects are made by them. Raises
    OSError.
    """

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = int(member.mtime) if ages else 0
        return member

    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(files):
            tar.add(files[name], name, filter=plain)


def unpack(archive: Path, folder: Path, most_bytes: int) -> None:
    """Raises InfrastructureError if it is damaged, holds more, or what would leave the folder:
    links out of it, devices, names with "..".

    Only as many bytes are taken as most_bytes says, however small the archive is.
    """
    _unpack(archive, folder, most_bytes, links=True)


def unpack_run(archive: Path, folder: Path, most_bytes: int) -> None:
    """The same for a run directory: plain files and folders alone."""
    _unpack(archive, folder, most_bytes, links=False)


def _unpack(archive: Path, folder: Path, most_bytes: int, links: bool) -> None:
    if not hasattr(tarfile, "data_filter"):
        raise InfrastructureError("this Python unpacks archives unsafely", "3.11.4 is the first")
    left = most_bytes
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                left -= member.size
                if left < 0 or member.issparse():
                    raise InfrastructureError(f"an artefact holds more than {most_bytes >> 20} MiB")
                if not (links or member.isreg() or member.isdir()):
                    raise InfrastructureError(f"a run came with what is no file: {member.name!r}")
                tar.extract(member, folder, filter="data")
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise InfrastructureError(f"an artefact cannot be unpacked: {error}") from error
