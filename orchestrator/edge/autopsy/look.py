# SPDX-License-Identifier: GPL-2.0-only
"""What QMP tells of a machine before it goes: registers, memory, an NMI's answer.

Best effort, with its own time limit: whatever goes wrong is a note. Facts are QEMU 7.2's
(qapi/dump.json, monitor/hmp-cmds.c).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from qemu.qmp import QMPClient

from orchestrator.edge.rundir import write
from orchestrator.model import rundir
from orchestrator.model.arch import X86_64, Arch
from orchestrator.model.autopsy import Look

LOOK_S = 7.0  # for all of it
SAMPLES = 5
APART_S = 0.05  # of running, between two samples
NMI_S = 2.0
NMI_QUIET_S = 0.3  # of the console, after which the answer is whole
ROOM_MIB = 64  # on the disk, beside the guest's memory


@dataclass
class _Looking:
    qmp: QMPClient
    run_dir: Path
    mem_mib: int
    arch: Arch = X86_64
    samples: list[str] = field(default_factory=list)
    nmi: str = ""
    notes: list[str] = field(default_factory=list)
    console_bytes: int | None = None

    async def all(self, runs: bool) -> None:
        await self._registers(runs)
        await self._dump()
        if runs and self.arch.nmi:
            await self._nmi()

    async def _registers(self, runs: bool) -> None:
        """A vCPU's registers are exact only while it is stopped."""
        for number in range(SAMPLES if runs else 1):
            if number:
                await self.qmp.execute("cont")
                await asyncio.sleep(APART_S)
            if runs:
                await self.qmp.execute("stop")
            self.samples.append(await registers(self.qmp))

    async def _dump(self) -> None:
        free_mib = shutil.disk_usage(self.run_dir).free >> 20
        if free_mib < self.mem_mib + ROOM_MIB:
            self.notes.append(f"no memory image: {free_mib} MiB are free")
            return
        await dump(self.qmp, self.run_dir / rundir.DUMP, self.arch)

    async def _nmi(self) -> None:
        """With unknown_nmi_panic (rootfs/steps/45-core.sh) the kernel prints its stack and ends:
        the last thing that is done to it. From here on, the console's text is our doing."""
        console = self.run_dir / rundir.CONSOLE
        before = size = _bytes(console)
        self.console_bytes = before
        await self.qmp.execute("cont")
        await self.qmp.execute("inject-nmi")
        end = quiet = time.monotonic() + NMI_S
        while time.monotonic() < min(end, quiet):
            await asyncio.sleep(0.02)
            now = _bytes(console)
            if now > size:
                size, quiet = now, time.monotonic() + NMI_QUIET_S
        self.nmi = "answered" if size > before else "silent"


async def dump(qmp: QMPClient, image: Path, arch: Arch) -> None:
    """The memory of QEMU's guest, which stands still meanwhile. Raises QMPError.

    kdump-zlib is compressed, and without pages of zeros: 8 MiB and 0.3 s for a guest of 512 MiB.
    """
    # By a descriptor: QEMU can make no file.
    with image.open("wb") as file:
        qmp.send_fd_scm(file.fileno())
        await qmp.execute("getfd", {"fdname": "dump"})
    asked: dict[str, Any] = {"paging": False, "protocol": "fd:dump", "format": arch.dump}
    await qmp.execute("dump-guest-memory", asked)


async def registers(qmp: QMPClient) -> str:
    """Of all CPUs, as QEMU prints them for people."""
    command = {"command-line": "info registers -a"}
    return str(await qmp.execute("human-monitor-command", command))


class Looked(Struct, frozen=True):
    """look: what is kept. console_bytes: what of the console was there before our NMI; None: it
    got none."""

    look: Look
    console_bytes: int | None = None


async def look(
    qmp: QMPClient, run_dir: Path, mem_mib: int, *, runs: bool, arch: Arch = X86_64
) -> Looked:
    """Look at a machine that is about to be killed; its memory goes to rundir.DUMP.

    runs: its vCPUs do; else it has ended and is only held. arch: the guest's. Never raises but
    for cancellation, and takes LOOK_S at most.
    """
    seen, begun_s = _Looking(qmp, run_dir, mem_mib, arch), time.monotonic()
    try:
        await _limited(seen.all(runs), LOOK_S)
    except asyncio.CancelledError:
        (run_dir / rundir.DUMP).unlink(missing_ok=True)  # nobody will read it
        raise
    except TimeoutError:
        seen.notes.append(f"QEMU did not answer within {LOOK_S:.0f} s")
    except Exception as error:  # QEMU or its connection may be gone in any way
        # An NMI's panic ends QEMU, and with it the connection: not worth a word.
        if seen.console_bytes is None:
            seen.notes.append(f"QEMU did not tell all: {str(error) or type(error).__name__}")
    took_s = round(time.monotonic() - begun_s, 3)
    told = Look(tuple(seen.samples), seen.nmi, tuple(seen.notes), took_s)
    return Looked(told, seen.console_bytes)


def keep(run_dir: Path, looked: Looked) -> None:
    """Into the run directory, once QEMU is gone. What our NMI had the guest say is no finding: it
    goes from the console's end to rundir.NMI, and off the console even on a full disk."""
    with contextlib.suppress(OSError):
        if looked.console_bytes is not None:
            _split_console(run_dir, looked.console_bytes)
        write(run_dir, rundir.LOOK, msgspec.json.encode(looked.look))


def _split_console(run_dir: Path, console_bytes: int) -> None:
    with (run_dir / rundir.CONSOLE).open("r+b") as console:
        console.seek(console_bytes)
        answer = console.read()
        console.truncate(console_bytes)
    if answer:
        write(run_dir, rundir.NMI, answer)


async def _limited(work: Awaitable[None], limit_s: float) -> None:
    async with asyncio.timeout(limit_s):
        await work


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
