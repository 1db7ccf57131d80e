# SPDX-License-Identifier: GPL-2.0-only
"""The machine of a run again, for a debugger: stopped, its gdb stub on a socket of ours.

We listen before QEMU starts, which gets the descriptor. So it makes no file, and nobody but us
can reach it: the socket is in a folder that only we can enter.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge.process import end_group, guarded
from orchestrator.edge.vm_files import contained
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.plan.qemu import Boot, kept_fds


@contextlib.contextmanager
def waiting(boot: Boot, path: Path, job: Path) -> Iterator[subprocess.Popen[bytes]]:
    """QEMU runs, and its guest does not yet; gdb finds it at path. It is gone on leaving.

    job: what init is sent. Raises InfrastructureError if QEMU cannot be started.
    """
    with contextlib.ExitStack() as stack:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(1)
            told = replace(boot, gdb_fd=listener.fileno(), paused=True)
            log = stack.enter_context((Path(boot.run_dir) / rundir.QEMU_LOG).open("wb"))
            source = stack.enter_context(job.open("rb"))
            try:
                process = subprocess.Popen(
                    guarded(contained(told)),
                    stdin=source,
                    stdout=log,
                    stderr=log,
                    pass_fds=kept_fds(told),
                    start_new_session=True,
                )
            except OSError as error:
                hint = "orchestrate doctor lists what is missing"
                raise InfrastructureError(f"cannot run {boot.qemu}", hint) from error
            stack.callback(end_group, process)
        # Our end is closed: if QEMU ends now, whoever connects is told so.
        yield process
