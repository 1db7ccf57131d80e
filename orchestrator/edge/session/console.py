# SPDX-License-Identifier: GPL-2.0-only
"""The guest's serial console on the user's terminal."""

from __future__ import annotations

import contextlib
import os
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from orchestrator.edge.session import terminal
from orchestrator.edge.session.ends import Sockets, received

LEAVE_KEY = b"\x1d"  # Ctrl-]
LEAVE_NAME = "Ctrl-]"
CHUNK = 4096


@dataclass
class ConsoleTalk:
    """Bytes both ways until the guest goes or the key to leave is pressed; then stop is set.

    resized: descriptor of terminal.told_of_resizing(). began: called before the first byte, while
    the terminal is still as it was. left: the user left.
    """

    stdin: int
    stdout: int
    resized: int
    began: Callable[[], None]
    stop: Event = field(default_factory=Event)
    left: bool = False
    failed: str = ""
    _typed: bytearray = field(default_factory=bytearray)

    def __call__(self, sockets: Sockets) -> None:
        self.began()
        try:
            with terminal.raw(self.stdin):
                self._tell_size(sockets["input"])
                self._talk(sockets)
        finally:
            if os.isatty(self.stdout):
                _write(self.stdout, terminal.RESET)
            if self.left:
                self.stop.set()

    def _talk(self, sockets: Sockets) -> None:
        console = sockets["console"]
        reading: list[socket.socket | int] = [console, self.stdin, self.resized]
        while True:
            writing = [console] if self._typed else []
            ready, able, _ = select.select(reading, writing, [])
            if console in ready:
                said = received(console)
                if not said or not _write(self.stdout, said):
                    return
            if self.resized in ready:
                os.read(self.resized, CHUNK)
                self._tell_size(sockets["input"])
            if self.stdin in ready and not self._type():
                self._send(console)
                return
            if able:
                self._send(console)

    def _type(self) -> bool:
        """What was typed, taken; False if the user leaves. Always taken, also if the guest takes
        nothing: the key must work then."""
        try:
            typed = os.read(self.stdin, CHUNK)
        except OSError:  # the terminal is gone
            typed = b""
        self.left = not typed or LEAVE_KEY in typed
        self._typed += typed.partition(LEAVE_KEY)[0]
        return not self.left

    def _send(self, console: socket.socket) -> None:
        try:
            sent = console.send(self._typed, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:  # QEMU is gone: reading tells
            sent = len(self._typed)
        del self._typed[:sent]

    def _tell_size(self, end: socket.socket) -> None:
        rows, columns = terminal.size(self.stdin)
        with contextlib.suppress(OSError):  # QEMU is gone, or the guest takes nothing
            end.send(f"{rows} {columns}\n".encode(), socket.MSG_DONTWAIT)


def _write(fd: int, data: bytes) -> bool:
    """All of it; False if nobody reads it any more."""
    try:
        while data:
            data = data[os.write(fd, data) :]
    except OSError:
        return False
    return True
