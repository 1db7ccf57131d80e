# SPDX-License-Identifier: GPL-2.0-only
"""Run directories: made, filled, and read back."""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.edge.store import need_space, runs_root, writable
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError, UsageError

if TYPE_CHECKING:
    from orchestrator.parse.assemble import Channels

LATEST = "latest"  # symlink to the newest run, for people
WHOLE_BYTES = 256 << 20  # a channel with more is flooded: the machine is stopped (vm_watch.py)
END_BYTES = 32 << 20  # what is read of each end of such a one


def create(asked: Path | None, prefix: str = "") -> Path:
    """A new, empty run directory: the one asked for, or one named by time under runs_root().

    prefix: of its name; without one it becomes "latest". UsageError if the one asked for holds
    something already.
    """
    if asked is not None:
        try:
            path = writable(asked)
        except InfrastructureError as error:
            raise UsageError(error.message, "name another directory for --run-dir") from error
        if any(path.iterdir()):
            raise UsageError(f"{asked} is not empty", "name a new directory for --run-dir")
        return path.resolve()
    root = writable(runs_root())
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S")
    path = root / f"{prefix}{stamp}-{secrets.token_hex(2)}"
    path.mkdir()
    if not prefix:
        _point_latest(root, path)
    return path


def need_room(path: Path, need_mib: int, what: str) -> None:
    """InfrastructureError, and the new run directory is gone, if there is no room for `what`."""
    try:
        need_space(path, need_mib, what)
    except InfrastructureError:
        discard(path)
        raise


def discard(path: Path) -> None:
    """Remove a run directory in which nothing was run, and a link to it."""
    shutil.rmtree(path, ignore_errors=True)
    latest = path.parent / LATEST
    if latest.is_symlink() and not latest.exists():
        latest.unlink(missing_ok=True)


def _point_latest(root: Path, path: Path) -> None:
    fresh = root / f".{LATEST}.{path.name}"
    with contextlib.suppress(OSError):  # a convenience: concurrent runs may race for it
        fresh.symlink_to(path.name)
        fresh.replace(root / LATEST)


def find(name: str) -> Path:
    """A run by path, by name under runs_root(), or "latest". UsageError if there is none."""
    for path in (Path(name), runs_root() / name):
        if (path / rundir.RUN).is_file():
            return path.resolve()
    hint = f"runs are kept in {runs_root()}{'' if name == LATEST else '; try latest'}"
    raise UsageError(f"no run {name!r}: no {rundir.RUN} there", hint)


def write(run_dir: Path, name: str, content: str | bytes) -> Path:
    """Write one file whole or not at all."""
    data = content if isinstance(content, bytes) else content.encode(errors="surrogateescape")
    partial = run_dir / f".{name}.partial"
    try:
        partial.write_bytes(data)
        return partial.rename(run_dir / name)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def read_channels(run_dir: Path) -> Channels:
    """What the machine said; a channel that was never opened reads as ""."""
    from orchestrator.parse.assemble import Channels  # the parsers take long to load

    return Channels(
        console=_text(run_dir / rundir.CONSOLE, both_ends=True),
        results=_text(run_dir / rundir.RESULTS),
        kmsg=_text(run_dir / rundir.KMSG),
        trace=_text(run_dir / rundir.TRACE),
        leaks=_text(run_dir / rundir.LEAKS),
        output=_text(run_dir / rundir.OUTPUT),
    )


def _text(path: Path, both_ends: bool = False) -> str:
    """Of a channel that was flooded, its beginning, and its end if asked for: without an end
    marker none counts as whole."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(WHOLE_BYTES if size <= WHOLE_BYTES else END_BYTES)
            if size > WHOLE_BYTES:
                data += f"\n[{size - len(data)} bytes more]\n".encode()
            if size > WHOLE_BYTES and both_ends:
                file.seek(-END_BYTES, os.SEEK_END)
                data += file.read(END_BYTES)
    except FileNotFoundError:
        return ""
    return data.decode(errors="replace")
