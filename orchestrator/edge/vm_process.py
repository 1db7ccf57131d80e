# SPDX-License-Identifier: GPL-2.0-only
"""QEMU as a process: started, asked to leave, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from typing import IO

from qemu.qmp import QMPClient

from orchestrator.model.errors import InfrastructureError

LEAVE_S = 1.0  # for QEMU to exit once it is told to


async def started(
    argv: Sequence[str], source: IO[bytes], sink: IO[bytes], kept: Sequence[int] = ()
) -> asyncio.subprocess.Process:
    """It leads a session of its own. Cancelled while it starts, it is ended: nobody else knows
    of it. kept: descriptors it gets besides. Raises InfrastructureError if there is no such
    program."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *argv,
            stdin=source,
            stdout=sink,
            stderr=sink,
            pass_fds=tuple(kept),
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except FileNotFoundError as error:
        hint = "orchestrate doctor lists what is missing"
        raise InfrastructureError(f"cannot run {argv[0]}", hint) from error
    except asyncio.CancelledError:
        with contextlib.suppress(FileNotFoundError):
            await kill(await starting)
        raise


async def leave(process: asyncio.subprocess.Process, qmp: QMPClient) -> None:
    """Ask QEMU to exit, which it does not by itself when its guest went down."""
    with contextlib.suppress(Exception):  # it may be gone already; if not, it is killed next
        async with asyncio.timeout(LEAVE_S):
            await qmp.execute("quit")
            await process.wait()


async def kill(process: asyncio.subprocess.Process) -> None:
    """End QEMU's process group, whatever it does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def hang_up(qmp: QMPClient) -> None:
    """End the connection to a QEMU that is gone, whatever the client says of that."""
    with contextlib.suppress(Exception):
        await qmp.disconnect()
