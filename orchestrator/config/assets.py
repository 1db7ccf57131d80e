# SPDX-License-Identifier: GPL-2.0-only
"""Where the files that are data live, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def asset_dir(name: str) -> Path:
    """The folder kernel-configs, kmod or rootfs: inside the package, else beside it."""
    installed = _PACKAGE / "_assets" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def data_dir(name: str) -> Path:
    """A folder of orchestrator/data/, e.g. "topologies"."""
    return _PACKAGE / "data" / name
