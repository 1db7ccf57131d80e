# SPDX-License-Identifier: GPL-2.0-only
"""A debugger on the user's terminal, or on the streams we were given, in the sandbox.

It runs code of the tree and reads what a guest has written. On a terminal it gets one of its own,
whose bytes we hand on: in the user's, what it runs could type for the user (TIOCSTI).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import termios
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.edge import sandbox
from orchestrator.edge.process import end_group, guarded
from orchestrator.edge.session import terminal
from orchestrator.model.errors import InfrastructureError

CHUNK = 1 << 14
# Ctrl-C is for all on the terminal. The sandbox's own process must not die of it; the debugger,
# which would ignore it as that does, gets it back.
HEEDS = ("env", "--default-signal=INT,QUIT")


def run(
    argv: Sequence[str],
    *,
    reads: Iterable[Path],
    writes: Iterable[Path],
    env: Mapping[str, str],
    talk: bool,
) -> int:
    """Its exit code; 128 and the number of a signal that ended it. talk: the user types.

    Nothing of it is left, also after KeyboardInterrupt.
    """
    env = {"TERM": os.environ.get("TERM", "dumb"), **env}
    typed = talk and os.isatty(0) and os.isatty(1)
    words, whole = sandbox.around(
        argv, cwd=Path("/"), reads=reads, writes=writes, env=env, by=HEEDS if typed else ()
    )
    if typed:
        return _on_terminal(words, whole)
    # Of a session of its own, it could not read the terminal.
    source = subprocess.DEVNULL if os.isatty(0) else None
    try:
        process = subprocess.Popen(
            guarded(words), stdin=source, env=dict(whole), start_new_session=True
        )
    except OSError as error:
        raise InfrastructureError(f"cannot run {argv[0]}: {error.strerror}") from error
    try:
        return _code(process.wait())
    finally:
        end_group(process)


def _code(status: int) -> int:
    return status if status >= 0 else 128 - status


def _on_terminal(argv: Sequence[str], env: Mapping[str, str]) -> int:
    # What has the kernel end it if we die is the terminal, which is gone then (SIGHUP).
    from ptyprocess import PtyProcess  # of pexpect

    child = PtyProcess.spawn(
        list(argv), env=dict(env), dimensions=terminal.size(0), preexec_fn=_heedless
    )
    try:
        _no_stopping(child.fd)
        with terminal.told_of_resizing() as resized, terminal.raw(0):
            _relay(child.fd, resized, child)
        child.wait()
    finally:
        child.close(force=True)
        with contextlib.suppress(OSError):
            os.write(1, b"\x1b[?2004l")  # bracketed paste, which readline asks for
    return _code(-child.signalstatus) if child.signalstatus else int(child.exitstatus or 0)


def _heedless() -> None:
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)


def _no_stopping(fd: int) -> None:
    """Ctrl-Z is a character there: nobody could have it go on."""
    attributes = termios.tcgetattr(fd)
    attributes[6][termios.VSUSP] = b"\0"
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _relay(fd: int, resized: int, child: Any) -> None:
    """Both ways until the debugger ends, or the user's terminal is gone."""
    while True:
        ready, _, _ = select.select([fd, 0, resized], [], [])
        if fd in ready:
            try:
                said = os.read(fd, CHUNK)
            except OSError:  # how the end of a terminal is told
                said = b""
            if not said:
                return
            while said:
                said = said[os.write(1, said) :]
        if resized in ready:
            os.read(resized, CHUNK)
            child.setwinsize(*terminal.size(0))
        if 0 in ready:
            typed = os.read(0, CHUNK)
            if not typed:
                return
            while typed:
                typed = typed[os.write(fd, typed) :]
