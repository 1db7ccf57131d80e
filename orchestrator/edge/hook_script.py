# SPDX-License-Identifier: GPL-2.0-only
"""The scripts that git and b4 call, from those in data/hooks."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from orchestrator.config.assets import data_dir
from orchestrator.model.errors import UsageError

# A line only ours have; what is before it differs in no version.
MARK = b"# Written by `orchestrate hooks install`"


def executable(asked: Path | None) -> Path:
    """The orchestrate that hooks are to call, as an absolute path: the one asked for, the one that
    runs, one beside our Python, one in PATH. UsageError if there is none."""
    if asked is not None:
        found = shutil.which(asked.absolute())
        if not found:
            raise UsageError(f"--orchestrate {asked}: no such program", "name the executable")
        return Path(found)
    called = Path(sys.argv[0])
    places = [called if called.name == "orchestrate" else None,
              Path(sys.executable).with_name("orchestrate")]  # fmt: skip
    for place in filter(None, places):
        if place.is_file() and os.access(place, os.X_OK):
            return place.absolute()
    found = shutil.which("orchestrate")
    if not found:
        raise UsageError(
            "no `orchestrate` is installed that hooks could call", "name it with --orchestrate FILE"
        )
    return Path(found).absolute()


def write(name: str, file: Path, orchestrate: Path, budget_s: float) -> None:
    """data/hooks/NAME as an executable file, whole or not at all."""
    text = (data_dir("hooks") / name).read_text()
    text = text.replace("@ORCHESTRATE@", shlex.quote(str(orchestrate)))
    text = text.replace("@BUDGET@", f"{budget_s:.0f}s")
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        fresh.write_bytes(os.fsencode(text))
        fresh.chmod(0o755)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def is_ours(file: Path) -> bool:
    """Did any version of ours write it?"""
    try:
        return not file.is_symlink() and MARK in file.read_bytes()[:512]
    except OSError:
        return False
