# SPDX-License-Identifier: GPL-2.0-only
"""gdb's stub of a guest that runs under `orchestrate shell`, as long as somebody debugs it.

By its second QMP. QEMU is handed a socket that listens already, so the stub is on no port and
nobody but the user can reach it. Afterwards the guest goes on as if nothing had been: breakpoints
are taken out, also those of a gdb that was killed. Of QEMU 7.2: gdbstub.c.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from orchestrator.edge import interrupts
from orchestrator.edge.debug.monitor import Monitor
from orchestrator.model.errors import InfrastructureError

ANSWER_S = 20.0
_ID = "orch-gdb"
_DETACH = b"+$D;1#b0"  # gdb's remote protocol: remove all breakpoints, and go on


@contextlib.contextmanager
def attached(monitor: Monitor, path: Path) -> Iterator[None]:
    """gdb finds the guest at path; whoever connects there stops it. Raises InfrastructureError."""
    from qemu.qmp import QMPError

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(1)
        try:
            interrupts.run(_open(monitor, listener))
        except (OSError, QMPError, TimeoutError) as error:
            said = str(error) or "no answer"
            raise InfrastructureError(f"QEMU does not let gdb in: {said}") from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            _detach(path)
        with contextlib.suppress(OSError, QMPError, TimeoutError):  # the guest may have ended
            interrupts.run(_close(monitor))


async def _open(monitor: Monitor, listener: socket.socket) -> None:
    async with _connected(monitor) as qmp:
        await _human(qmp, "gdbserver none")  # that of a gdb that was killed along with us
        qmp.send_fd_scm(listener.fileno())
        await qmp.execute("getfd", {"fdname": _ID})
        where = {"type": "fd", "data": {"str": _ID}}
        backend = {"type": "socket", "data": {"addr": where, "server": True, "wait": False}}
        await qmp.execute("chardev-add", {"id": _ID, "backend": backend})
        said = await _human(qmp, f"gdbserver chardev:{_ID}")
        if "Waiting for gdb" not in said:
            raise OSError(said.strip() or "it says nothing")


async def _close(monitor: Monitor) -> None:
    async with _connected(monitor) as qmp:
        await _human(qmp, "gdbserver none")
        status: Any = await qmp.execute("query-status")
        if status["status"] in ("paused", "debug"):
            await qmp.execute("cont")


async def _human(qmp: Any, line: str) -> str:
    return str(await qmp.execute("human-monitor-command", {"command-line": line}))


@contextlib.asynccontextmanager
async def _connected(monitor: Monitor) -> AsyncIterator[Any]:
    from qemu.qmp import QMPClient

    qmp = QMPClient("orchestrate-gdb")
    async with asyncio.timeout(ANSWER_S):
        await qmp.connect(monitor.path)
        try:
            yield qmp
        finally:
            await qmp.disconnect()


def _detach(path: Path) -> None:
    """As gdb does; it may have ended without."""
    with socket.socket(socket.AF_UNIX) as stub:
        stub.settimeout(ANSWER_S)
        stub.connect(str(path))
        stub.sendall(_DETACH)
        heard = b""
        while b"$OK#" not in heard:
            said = stub.recv(4096)
            if not said:
                return
            heard += said
