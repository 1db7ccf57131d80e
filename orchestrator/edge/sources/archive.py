# SPDX-License-Identifier: GPL-2.0-only
"""From a tar archive to a directory, trusting nothing in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from orchestrator.edge.process import run
from orchestrator.edge.store import need_space
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Progress, StageProgress

UNPACKED_MIB = 2000  # 7.3.4 takes 1.5 GB in 4 KiB blocks
_RECORDS_A_MIB = 1024 * 1024 // 10240  # tar(1) counts records of 20 * 512 bytes
_STEP_MIB = 40


def unpack(archive: Path, destination: Path, progress: Progress, *, strip: int = 1) -> None:
    """Unpack into an existing directory without the first `strip` path components; mtimes kept.

    The compression is found by tar itself. Raises InfrastructureError if the archive is
    damaged or there is no room, UsageError if a member would land or point outside.
    """
    need_space(destination, UNPACKED_MIB, "unpacking")

    def tell(line: str) -> None:
        mark = line.removeprefix("tar: at ")
        if mark != line and mark.isdigit():
            progress(StageProgress("source", int(mark) // _RECORDS_A_MIB, 0, "MiB"))

    done = run(
        [
            *("env", "LC_ALL=C", "tar", "--extract", f"--file={archive}", "--force-local"),
            *(f"--directory={destination}", f"--strip-components={strip}"),
            *("--no-same-owner", "--no-same-permissions"),
            f"--checkpoint={_STEP_MIB * _RECORDS_A_MIB}",
            "--checkpoint-action=echo=at %u",
        ],
        on_line=tell,
    )
    said = [line for line in done.output.splitlines() if not line.startswith("tar: at ")]
    _refuse_escapes(archive, said)
    if done.returncode != 0:
        why = said[0].removeprefix("tar: ") if said else f"tar ended with {done.returncode}"
        raise InfrastructureError(f"cannot unpack {archive}: {why}", "is the download whole?")
    _refuse_strangers(archive, destination)


def _refuse_escapes(archive: Path, said: list[str]) -> None:
    """GNU tar skips members with "..", and takes the "/" off absolute ones; it says so."""
    for line in said:
        if "contains '..'" in line or "Removing leading" in line:
            raise UsageError(
                f"{archive} has members outside its own directory: {line.removeprefix('tar: ')}",
                "a kernel tarball has none; do not trust this one",
            )


def _refuse_strangers(archive: Path, destination: Path) -> None:
    """Only files, directories and symbolic links that stay inside may have come out."""
    root = os.path.realpath(destination)
    for entry in _walk(root):
        mode = entry.stat(follow_symlinks=False).st_mode
        name = os.path.relpath(entry.path, root)
        if stat.S_ISLNK(mode):
            target = str(Path(entry.path).readlink())
            inside = os.path.realpath(entry.path).startswith(root + os.sep)
            if target.startswith("/") or not inside:
                raise UsageError(
                    f"{archive}: the link {name} points outside, to {target}",
                    "a kernel tarball has none; do not trust this one",
                )
        elif not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise UsageError(
                f"{archive}: {name} is neither file, directory nor link",
                "a kernel tarball has none; do not trust this one",
            )


def _walk(top: str) -> Iterator[os.DirEntry[str]]:
    """Everything below top; scandir, since 100,000 Path objects would take seconds."""
    with os.scandir(top) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
