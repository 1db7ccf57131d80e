# SPDX-License-Identifier: GPL-2.0-only
"""QMP of a guest that somebody talks with, for another of the user's processes.

The socket is in a folder that only the user can enter; monitor.json in the run directory says
where, as long as the machine runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins

from orchestrator.edge import rundir
from orchestrator.edge.store import runs_root
from orchestrator.model import rundir as names
from orchestrator.model.arch import Arch
from orchestrator.model.errors import InfrastructureError

FILE = "monitor.json"
ANSWER_S = 60.0  # for the memory to be written


class Monitor(Struct, frozen=True):
    """Where QMP is, and the keys of kernel and module. patient: nobody ends the guest for being
    silent."""

    path: str
    keys: dict[str, str]
    patient: bool = False


@contextlib.contextmanager
def offered(path: Path, run_dir: Path, keys: Mapping[str, str], *, patient: bool) -> Iterator[int]:
    """The descriptor of a socket that listens at path, for QEMU."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(1)
        rundir.write(
            run_dir, FILE, json.dumps(to_builtins(Monitor(str(path), dict(keys), patient)))
        )
        try:
            yield listener.fileno()
        finally:
            with contextlib.suppress(OSError):
                (run_dir / FILE).unlink()


def find(name: str) -> tuple[Path, Monitor] | None:
    """A run whose guest runs, by path, by name under runs_root(), or "latest": the one that began
    last of these."""
    places = [Path(name), runs_root() / name]
    if name == rundir.LATEST:
        every = [path.parent for path in runs_root().glob(f"*/{FILE}") if not path.is_symlink()]
        places = sorted(every, key=lambda path: path.stat().st_ctime, reverse=True)
    for path in places:
        try:
            found = Monitor(**json.loads((path / FILE).read_text()))
        except (OSError, ValueError, TypeError):
            continue
        if Path(found.path).exists():
            return path.resolve(), found
    return None


def dumped(run_dir: Path, monitor: Monitor, arch: Arch) -> str:
    """The guest's memory is in names.DUMP of the run directory then; its registers, as QEMU prints
    them. It stands still for that. Raises InfrastructureError."""
    from qemu.qmp import QMPError

    from orchestrator.edge import interrupts

    partial = run_dir / f".{names.DUMP}.partial"
    try:
        text = interrupts.run(_dumped(partial, monitor, arch))
        partial.rename(run_dir / names.DUMP)
    except (OSError, QMPError, TimeoutError) as error:
        said = str(error) or "no answer"
        raise InfrastructureError(f"QEMU does not give the guest's memory: {said}") from error
    finally:
        partial.unlink(missing_ok=True)
    return text


async def _dumped(image: Path, monitor: Monitor, arch: Arch) -> str:
    from qemu.qmp import QMPClient

    from orchestrator.edge.autopsy.look import dump, registers

    qmp = QMPClient("orchestrate-drgn")
    async with asyncio.timeout(ANSWER_S):
        await qmp.connect(monitor.path)
        try:
            status: Any = await qmp.execute("query-status")
            runs = status["status"] == "running"
            if runs:
                await qmp.execute("stop")
            try:
                text = await registers(qmp)
                await dump(qmp, image, arch)
            finally:
                if runs:
                    await qmp.execute("cont")
        finally:
            await qmp.disconnect()
    return text
