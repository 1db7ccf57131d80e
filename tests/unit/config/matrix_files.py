# SPDX-License-Identifier: GPL-2.0-only
"""Matrices in a folder of their own, with what they name beside them."""

from __future__ import annotations

from pathlib import Path

from orchestrator.config.matrix import load_matrix
from orchestrator.model.matrix import Matrix

BASIC = """
configs = ["numa", "nonuma"]
topologies = ["numa2", "numa4"]

[trees]
stable = "kernel.org:7.1.8"
mine = "./linux"

[patches]
fix = "fix.patch"
rework = { series = "rework.mbox" }
"""


def written(folder: Path, text: str) -> Path:
    """A matrix in this folder, beside which are a tree and patches."""
    (folder / "linux").mkdir(exist_ok=True)
    for name in ("fix.patch", "more.patch", "rework.mbox"):
        (folder / name).write_text("not read yet\n")
    path = folder / "night.toml"
    path.write_text(text)
    return path


def matrix(folder: Path, text: str = BASIC) -> Matrix:
    """As it is loaded."""
    return load_matrix(written(folder, text))
