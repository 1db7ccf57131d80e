# SPDX-License-Identifier: GPL-2.0-only
"""A shell or a command over SSH, on our own terminal or streams."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import threading
from collections.abc import Sequence

import paramiko

from orchestrator.edge.session import terminal
from orchestrator.edge.session.console import LEAVE_KEY
from orchestrator.model.errors import InfrastructureError

CHUNK = 1 << 15
LEFT = -1  # instead of an exit status: the user left


def on_terminal(
    transport: paramiko.Transport,
    argv: Sequence[str],
    stdin: int,
    stdout: int,
    resized: int,
    term: str,
) -> int:
    """A login shell, or a command as command() takes it, on a terminal of the size of ours. Its
    exit status, or LEFT."""
    channel = transport.open_session()
    rows, columns = terminal.size(stdin)
    channel.get_pty(term or "dumb", columns, rows)
    if argv:
        channel.exec_command(_line(argv))
    else:
        channel.invoke_shell()
    with terminal.raw(stdin):
        left = _type(channel, stdin, stdout, resized)
    if left:
        return LEFT
    return _status(channel)


def _type(channel: paramiko.Channel, stdin: int, stdout: int, resized: int) -> bool:
    """Both ways, until the shell ends (False) or the key to leave is pressed."""
    reading: list[paramiko.Channel | int] = [channel, stdin, resized]
    while True:
        ready, _, _ = select.select(reading, [], [])
        if channel in ready:
            said = channel.recv(CHUNK)
            if not said:
                return False
            _give(stdout, said)
        if resized in ready:
            os.read(resized, CHUNK)
            rows, columns = terminal.size(stdin)
            channel.resize_pty(columns, rows)
        if stdin in ready:
            typed = os.read(stdin, CHUNK)
            with contextlib.suppress(OSError):  # it ended: reading tells
                channel.sendall(typed.partition(LEAVE_KEY)[0])
            if not typed or LEAVE_KEY in typed:
                return True


def command(
    transport: paramiko.Transport, argv: Sequence[str], stdin: int, stdout: int, stderr: int
) -> int:
    """Its exit status. One word is a line for the remote shell, several are a program and its
    arguments. Raises InfrastructureError if the connection ends first."""
    channel = transport.open_session()
    channel.exec_command(_line(argv))
    threading.Thread(target=_feed, args=(channel, stdin), daemon=True).start()
    errors = threading.Thread(target=_errors, args=(channel, stderr), daemon=True)
    errors.start()
    while said := channel.recv(CHUNK):
        _give(stdout, said)
    errors.join()
    return _status(channel)


def _line(argv: Sequence[str]) -> str:
    return argv[0] if len(argv) == 1 else shlex.join(argv)


def _feed(channel: paramiko.Channel, stdin: int) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(stdin, CHUNK):
            channel.sendall(data)
    with contextlib.suppress(OSError, EOFError):
        channel.shutdown_write()


def _errors(channel: paramiko.Channel, stderr: int) -> None:
    while said := channel.recv_stderr(CHUNK):
        _give(stderr, said)


def _give(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _status(channel: paramiko.Channel) -> int:
    status = channel.recv_exit_status()
    if status < 0:
        raise InfrastructureError(
            "the connection ended before the command did", "the guest may have gone down"
        )
    return status
