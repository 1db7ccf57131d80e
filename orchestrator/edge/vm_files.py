# SPDX-License-Identifier: GPL-2.0-only
"""The files of the host that one QEMU gets to see."""

from __future__ import annotations

from pathlib import Path

from orchestrator.edge import sandbox
from orchestrator.plan import qemu as plan


def contained(boot: plan.Boot) -> tuple[str, ...]:
    """The command line in its sandbox. What QEMU writes is made here, empty: it can make no file.
    So are tables of ours that it reads.

    A guest that takes QEMU over finds kernel, guest image and firmware to read, and to write: the
    channels, sockets of a session, memory that edge/states.py knows again by its change times, and
    the QMP socket.
    """
    files = [Path(boot.run_dir) / name for name in plan.written(boot)]
    files += [Path(path) for path in plan.memory_files(boot)]
    for file in files:
        if not file.exists():  # the age of a state's files says that they are as they were
            file.touch()
    tables = {Path(boot.run_dir) / name: data for name, data in plan.own_tables(boot).items()}
    for file, data in tables.items():
        file.write_bytes(data)
    sockets = tuple(Path(path) for path in (boot.qmp_socket, *plan.sockets(boot)) if path)
    reads = [Path(path) for path in (boot.vmlinux, boot.initrd, boot.disk) if path] + [*tables]
    reads += [Path(path) for path in plan.read_in_run_dir(boot)]
    return sandbox.around_qemu(plan.argv(boot), reads, (*files, *sockets))
