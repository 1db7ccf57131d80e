# SPDX-License-Identifier: GPL-2.0-only
"""Runs whose guest can be reached now: live.json in their directory, as long as QEMU runs."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path

from msgspec import to_builtins

from orchestrator.edge import rundir
from orchestrator.edge.store import runs_root
from orchestrator.model.errors import UsageError
from orchestrator.model.live import Live

FILE = "live.json"
OWN_PORT = 2222


def free_port(own_network: bool) -> int:
    """For sshd, on loopback. In a network of QEMU's own any is free. Else one that is free now:
    if somebody takes it before QEMU does, QEMU says so and ends."""
    if own_network:
        return OWN_PORT
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def announce(run_dir: Path, pid: int, port: int, own_network: bool) -> None:
    """QEMU runs, and its guest listens, or will soon."""
    started = _started(pid)
    if started is not None:
        rundir.write(run_dir, FILE, json.dumps(to_builtins(Live(pid, started, port, own_network))))


def withdraw(run_dir: Path) -> None:
    """It is gone."""
    with contextlib.suppress(OSError):
        (run_dir / FILE).unlink()


def find(name: str) -> tuple[Path, Live]:
    """A run by path, by name under runs_root(), or "latest": the one that began last of those that
    run. UsageError if it does not run, or has no sshd."""
    places = [Path(name), runs_root() / name]
    if name == rundir.LATEST:
        every = [path.parent for path in runs_root().glob(f"*/{FILE}") if not path.is_symlink()]
        places = sorted(every, key=lambda path: (path / FILE).stat().st_mtime, reverse=True)
    for path in places:
        live = _read(path / FILE)
        if live and _started(live.pid) == live.started:
            return path.resolve(), live
    hint = "orchestrate shell --ssh boots a guest that can be reached"
    if name != rundir.LATEST and any(path.is_dir() for path in places):
        raise UsageError(f"the guest of {name} does not run, or has no sshd", hint)
    raise UsageError(f"no run {name!r} whose guest runs with sshd", hint)


def _read(file: Path) -> Live | None:
    try:
        return Live(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _started(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
