# SPDX-License-Identifier: GPL-2.0-only
"""A connection to the sshd of a guest.

Where QEMU is in its sandbox, the port is on the loopback device of its own network namespace:
nobody but us can get there, and it could not get out. nsenter(1) goes in, busybox's nc connects.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko

from orchestrator.edge import live as live_runs
from orchestrator.edge.guest import find_busybox
from orchestrator.edge.process import guarded
from orchestrator.edge.ssh import keys
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.live import Live

PATIENCE_S = 60.0  # for sshd of a guest that boots, under TCG on a busy host
BANNER_S = 30.0
RETRY_S = 0.3
USER = "root"
# It tells of each attempt in vain, with a traceback, if nobody listens.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


@contextlib.contextmanager
def connected(run: str) -> Iterator[paramiko.Transport]:
    """An authenticated connection to the guest of a run. Raises UsageError if it does not run,
    InfrastructureError if it does not answer, or not with the key we gave it."""
    run_dir, live = live_runs.find(run)
    with contextlib.ExitStack() as stack:
        transport = _until_it_answers(run, live, stack)
        _identify(transport, run_dir)
        yield transport


def _until_it_answers(run: str, live: Live, stack: contextlib.ExitStack) -> paramiko.Transport:
    end = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.ExitStack() as trial:
            try:
                transport = paramiko.Transport(trial.enter_context(_way(live)))
                trial.callback(transport.close)
                transport.banner_timeout = transport.handshake_timeout = BANNER_S
                transport.start_client(timeout=BANNER_S)
                stack.enter_context(trial.pop_all())
                return transport
            except (paramiko.SSHException, EOFError, OSError) as error:
                live_runs.find(run)  # raises if it has ended meanwhile
                if time.monotonic() > end:
                    said = f"the guest's sshd does not answer: {error}"
                    raise InfrastructureError(said, "its console may tell why") from error
        time.sleep(RETRY_S)


@contextlib.contextmanager
def _way(live: Live) -> Iterator[socket.socket]:
    if not live.own_network:
        with socket.create_connection(("127.0.0.1", live.port), BANNER_S) as direct:
            yield direct
        return
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                guarded(_argv(live)),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            yield ours
        finally:
            process.kill()
            process.wait()


def _argv(live: Live) -> list[str]:
    nsenter = shutil.which("nsenter")
    if nsenter is None:
        raise InfrastructureError("cannot run nsenter", "on Debian: apt-get install util-linux")
    # Of the user namespace that holds the network, its maker has all capabilities; root needs none.
    user = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")
    inside = ("--target", str(live.pid), *user, "--net", "--")
    return [nsenter, *inside, str(find_busybox()), "nc", "127.0.0.1", str(live.port)]


def _identify(transport: paramiko.Transport, run_dir: Path) -> None:
    """Them by the key that this run made for them, us by ours. Raises InfrastructureError."""
    folder = run_dir / keys.FOLDER
    try:
        kind, known = (folder / keys.HOST).read_text().split()[:2]
        ours = paramiko.Ed25519Key.from_private_key_file(str(folder / keys.CLIENT))
    except (OSError, ValueError, paramiko.SSHException) as error:
        raise UsageError(f"the keys of {run_dir} are damaged: {error}", "boot again") from error
    shown = transport.get_remote_server_key()
    if (shown.get_name(), shown.get_base64()) != (kind, known):
        raise InfrastructureError(
            "who answers does not have the host key of this run: nothing was sent",
            f"expected {kind} {known[:20]}..., got {shown.get_name()} {shown.get_base64()[:20]}...",
        )
    try:
        transport.auth_publickey(USER, ours)
    except paramiko.SSHException as error:
        raise InfrastructureError(f"the guest does not let us in: {error}") from error
