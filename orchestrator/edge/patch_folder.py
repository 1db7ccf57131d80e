# SPDX-License-Identifier: GPL-2.0-only
"""A folder of patches, as `git format-patch -o` or quilt(1) leaves one, as a series."""

from __future__ import annotations

from pathlib import Path

from orchestrator.mail.compressed import LIMIT_MIB, too_large
from orchestrator.mail.read import read_series
from orchestrator.model.errors import UsageError
from orchestrator.model.patch import PatchMail, PatchSeries

ORDER = "series"  # quilt's file of names
_KINDS = (".patch", ".diff", ".mbox", ".eml")


def read_folder(folder: Path) -> PatchSeries:
    """Its patches in the order of its `series` file, else of their names; other files are none.

    Raises UsageError if there is no patch or one cannot be read, PatchBroken as read_series().
    """
    try:
        files = _files(folder)
        if sum(file.stat().st_size for file in files) > LIMIT_MIB << 20:
            raise too_large(str(folder))
        texts = [file.read_bytes() for file in files]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the patches of {folder}: {error}") from error
    if not files:
        raise UsageError(f"no patch in {folder}", f"files named *{', *'.join(_KINDS)} are patches")
    if not (folder / ORDER).is_file() and all(text.startswith(b"From ") for text in texts):
        # With its cover letter, and so that a missing one is missed.
        return read_series(b"".join(text.rstrip(b"\n") + b"\n\n" for text in texts), str(folder))
    patches: list[PatchMail] = []
    for file, text in zip(files, texts, strict=True):
        patches += read_series(text, file.name).patches
    return PatchSeries(tuple(patches), str(folder))


def _files(folder: Path) -> list[Path]:
    order = folder / ORDER
    if not order.is_file():
        return sorted(file for file in folder.iterdir() if file.suffix in _KINDS)
    words = (line.partition("#")[0].split() for line in order.read_text().splitlines())
    names = [each[0] for each in words if each]
    outside = [name for name in names if ".." in Path(name).parts or Path(name).is_absolute()]
    if outside:
        raise UsageError(f"{order} names {outside[0]!r}, which is not in its folder")
    return [folder / name for name in names]
