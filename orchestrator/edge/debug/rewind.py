# SPDX-License-Identifier: GPL-2.0-only
"""A machine that is replayed, for gdb: behind gdb's socket stands the one who goes back
(rewinder.py), in a thread of its own, and behind that QEMU, a fresh one for each way back."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from orchestrator.edge import recordings
from orchestrator.edge.debug.machine import waiting
from orchestrator.edge.debug.rewinder import Between, Side
from orchestrator.model.errors import InfrastructureError
from orchestrator.plan.qemu import Boot

CONNECT_S = 20.0
POLL_S = 0.02


@contextlib.contextmanager
def rewindable(boot: Boot, gdb: Path, recording: Path) -> Iterator[None]:
    """gdb finds the machine at its path, stopped before its first instruction, with a way back.

    boot: the machine as it is replayed, in a run directory of its own. recording: the folder of
    the record, which is only read. Raises InfrastructureError if nobody can listen there.
    """
    begun, stop = threading.Event(), threading.Event()
    machines = _Machines(boot, gdb, recording)
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(machines, begun, stop)), daemon=True
    )
    thread.start()
    if not begun.wait(CONNECT_S):
        raise InfrastructureError(f"nobody listens on {gdb}")
    try:
        yield
    finally:
        stop.set()
        thread.join(CONNECT_S)


async def _serve(machines: _Machines, begun: threading.Event, stop: threading.Event) -> None:
    tasks: set[asyncio.Task[None]] = set()

    def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(_one(Side(reader, writer), machines)))

    server = await asyncio.start_unix_server(come, machines.gdb)
    machines.gdb.chmod(0o600)
    begun.set()
    while not stop.is_set():
        await asyncio.sleep(POLL_S)
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _one(gdb: Side, machines: _Machines) -> None:
    with contextlib.closing(gdb):
        await Between(gdb, await machines.fresh(), machines.fresh).run()


class _Machines:
    def __init__(self, boot: Boot, gdb: Path, recording: Path) -> None:
        self.gdb, self._boot, self._recording = gdb, boot, recording
        self._numbers = itertools.count(1)

    async def fresh(self) -> _Replayed:
        """A machine before its first instruction. Raises OSError."""
        stack, out = contextlib.ExitStack(), Path(self._boot.run_dir)
        stub, monitor = (self.gdb.with_name(f"{name}{next(self._numbers)}") for name in "sm")
        try:
            recordings.copy(self._recording, out)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(monitor))
                listener.listen(1)
                told = replace(self._boot, monitor_fd=listener.fileno())
                process = stack.enter_context(waiting(told, stub, Path(os.devnull)))
            return await _connected(stack, process, stub, monitor)
        except InfrastructureError as error:
            raise OSError(error.message) from error
        except BaseException:
            stack.close()
            raise


@dataclass
class _Replayed:
    """rewinder.Machine."""

    stack: contextlib.ExitStack
    process: subprocess.Popen[bytes]
    stub: Side
    qmp: Any

    async def count(self) -> int:
        return int((await self._told("query-replay"))["icount"])

    async def stop_at(self, count: int) -> None:
        await self._told("replay-break", {"icount": count})

    async def _told(self, command: str, arguments: dict[str, int] | None = None) -> Any:
        from qemu.qmp import QMPError

        try:
            return await self.qmp.execute(command, arguments)
        except QMPError as error:
            raise OSError(f"QEMU does not {command}: {error}") from error

    async def end(self) -> None:
        """At once: it has nothing to write."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.stub.close()
        with contextlib.suppress(Exception):
            await self.qmp.disconnect()
        self.stack.close()


async def _connected(
    stack: contextlib.ExitStack, process: subprocess.Popen[bytes], stub: Path, monitor: Path
) -> _Replayed:
    from qemu.qmp import QMPClient, QMPError

    qmp = QMPClient("orchestrate-rewind")
    try:
        async with asyncio.timeout(CONNECT_S):
            await qmp.connect(str(monitor))
            side = Side(*await asyncio.open_unix_connection(str(stub)))
    except (QMPError, TimeoutError) as error:
        raise OSError(f"QEMU does not answer: {error}") from error
    return _Replayed(stack, process, side, qmp)
