# SPDX-License-Identifier: GPL-2.0-only
"""A machine's state to a file and back, over QMP (QEMU's docs/devel/migration.rst).

Memory is not in the stream: with x-ignore-shared, QEMU leaves out blocks that are shared files.
The machine that goes on maps the same files privately, so that nothing is read which it does not
touch, and what it writes stays its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any, BinaryIO, cast

from msgspec import Struct
from qemu.qmp import ExecuteError, QMPClient

from orchestrator.model.errors import InfrastructureError

STREAM_S = 60.0  # for the devices' state, a fraction of a MiB
POLL_S = 0.002
_BY_FILE = (9, 1)


class StateRefused(Exception):
    """QEMU does not take a kept state: it is to be dropped, and the machine booted."""


class StateGone(Exception):
    """Another run has dropped the state, or made it again, since this one found it."""


class NotKept(Exception):
    """The machine has booted, but in a way that no run should go on from; says which."""


class Fork(Struct, frozen=True):
    """What a machine goes on from. state: the devices' file; stamp: of it, when it was found.
    boot_s, speed_factor: of the boot that made it (model.evidence.VmOutcome)."""

    state: Path
    boot_s: float
    speed_factor: float
    stamp: tuple[int, int] = (0, 0)


def stamp(found: os.stat_result) -> tuple[int, int]:
    """Tells a file from another that took its name, even if it took its inode as well."""
    return found.st_ino, found.st_mtime_ns


async def save(qmp: QMPClient, state: Path) -> None:
    """Stop the machine and write its devices' state. NotKept if QEMU cannot, InfrastructureError
    if it fails over it."""
    try:
        await qmp.execute("stop")
        await _ignore_shared(qmp)
        with state.open("wb") as file:
            uri = await _handed(qmp, file)
        await qmp.execute("migrate", {"uri": uri})
    except ExecuteError as error:
        raise NotKept(f"QEMU does not save its state: {error}") from error
    end = time.monotonic() + STREAM_S
    said: dict[str, Any] = {}
    while time.monotonic() < end:
        said = await _asked(qmp, "query-migrate")
        if said["status"] == "completed":
            return
        if said["status"] in ("failed", "cancelled"):
            break
        await asyncio.sleep(POLL_S)
    raise InfrastructureError(f"QEMU cannot save its state: {said.get('error-desc', said)}")


async def restore(qmp: QMPClient, fork: Fork) -> None:
    """Load the devices' state into a machine started with -incoming defer; it is paused then.

    Its memory was mapped before: only devices of the same boot go with it. Raises StateRefused;
    StateGone if they are no longer there; QMPError if QEMU ends over it.
    """
    state = fork.state
    await _ignore_shared(qmp)
    try:
        with state.open("rb") as file:
            if stamp(os.fstat(file.fileno())) != fork.stamp:
                raise StateGone("it was made again meanwhile")
            uri = await _handed(qmp, file)
    except FileNotFoundError as error:
        raise StateGone("it is there no longer") from error
    await qmp.execute("migrate-incoming", {"uri": uri})
    end = time.monotonic() + STREAM_S
    while (await _asked(qmp, "query-status"))["status"] == "inmigrate":
        if time.monotonic() > end:
            raise StateRefused(f"QEMU did not load {os.fspath(state)}")
        await asyncio.sleep(POLL_S)


async def _handed(qmp: QMPClient, file: BinaryIO) -> str:
    """QEMU gets a descriptor of the file; what its migration calls it.

    QEMU 11 takes no fd: of a file any more, which 9.1 began to warn of; QEMU 7.2 has no file:.
    """
    version = (await _asked(qmp, "query-version"))["qemu"]
    qmp.send_fd_scm(file.fileno())
    if (version["major"], version["minor"]) < _BY_FILE:
        await qmp.execute("getfd", {"fdname": "state"})
        return "fd:state"
    added = cast(dict[str, Any], await qmp.execute("add-fd"))
    return f"file:/dev/fdset/{added['fdset-id']}"


async def _asked(qmp: QMPClient, command: str) -> dict[str, Any]:
    return cast(dict[str, Any], await qmp.execute(command))


async def _ignore_shared(qmp: QMPClient) -> None:
    capability = {"capability": "x-ignore-shared", "state": True}
    await qmp.execute("migrate-set-capabilities", {"capabilities": [capability]})
