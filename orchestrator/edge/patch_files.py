# SPDX-License-Identifier: GPL-2.0-only
"""The files of a tree, read for patches; and patches written into a run directory."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from orchestrator.edge import rundir
from orchestrator.model import rundir as names


class TreeFiles(Struct, frozen=True):
    """A tree as git sees it: a link's content is its target, nothing is read through one."""

    root: Path

    def read(self, path: str) -> str | None:
        """Text of a file, odd bytes as surrogates; None if there is none."""
        file = self.root / path
        if file.is_symlink():
            return os.fsdecode(file.readlink())
        if not file.is_file() or not file.resolve().is_relative_to(self.root.resolve()):
            return None
        return file.read_bytes().decode(errors="surrogateescape")

    def is_link(self, path: str) -> bool:
        return (self.root / path).is_symlink()

    def similar(self, path: str) -> tuple[str, ...]:
        """Files elsewhere in the tree with the same name; walks the whole tree."""
        name = Path(path).name
        return tuple(
            str((Path(folder) / name).relative_to(self.root))
            for folder, _, files in os.walk(self.root)
            if name in files
        )


def write_patch(run_dir: Path, name: str, text: str) -> Path:
    """One patch in the run directory's folder of patches."""
    folder = run_dir / names.PATCHES
    folder.mkdir(exist_ok=True)
    return rundir.write(folder, name, text)
