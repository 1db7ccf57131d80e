# SPDX-License-Identifier: GPL-2.0-only
"""Which QEMU runs: the one in PATH, or that of ORCHESTRATE_QEMU."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

from orchestrator.edge import process
from orchestrator.model.errors import InfrastructureError, UsageError

VARIABLE = "ORCHESTRATE_QEMU"
TIMEOUT_S = 20.0
# Where QEMU's data is: Debian's, one built by hand, and Debian's qboot.
_DATA = ("/usr/share/qemu", "/usr/local/share/qemu", "/usr/share/qboot")


def program(name: str) -> str:
    """What to start: an absolute path if ORCHESTRATE_QEMU names a folder or a file, else name,
    which PATH has.

    Raises UsageError if the variable names no program.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        return name
    path = Path(named).absolute()
    path = path / name if path.is_dir() else path
    if path.name != name or not os.access(path, os.X_OK) or not path.is_file():
        raise UsageError(
            f"{VARIABLE}={named}: no {name} there", f"it takes a folder with {name}, or its path"
        )
    return str(path)


def stamp(name: str) -> str:
    """Changes when the binary does. One in PATH is not run for that; what ORCHESTRATE_QEMU names
    may be a script, so it is asked for its version besides.

    Raises InfrastructureError if it is missing, UsageError as program().
    """
    chosen = program(name)
    path = shutil.which(chosen)
    if path is None:
        raise InfrastructureError(f"{name} is missing", "orchestrate doctor lists what to install")
    state = Path(path).stat()
    told = "" if chosen == name else f" {version(chosen)}"
    return f"{path} {state.st_size} {state.st_mtime_ns}{told}"


@functools.cache
def version(path: str) -> str:
    """The first line of --version: "QEMU emulator version 7.2.22 (Debian ...)". Raises
    InfrastructureError."""
    return process.check([path, "--version"], timeout_s=TIMEOUT_S).partition("\n")[0].strip()


def data_file(name: str, file: str) -> Path | None:
    """Of QEMU's data, such as its firmware; None if it is not there."""
    chosen = program(name)
    folders = _DATA if chosen == name else _told(chosen)
    return next((Path(f) / file for f in folders if (Path(f) / file).is_file()), None)


@functools.cache
def _told(path: str) -> tuple[str, ...]:
    """Where it looks for its data, as `-L help` lists it (os_find_datadir(), softmmu/vl.c)."""
    done = process.check([path, "-L", "help"], timeout_s=TIMEOUT_S)
    return tuple(line for line in done.splitlines() if line.startswith("/"))
