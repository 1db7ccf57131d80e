# SPDX-License-Identifier: GPL-2.0-only
"""Standard input, output and error of a command in the guest, byte for byte."""

from __future__ import annotations

import contextlib
import os
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from orchestrator.edge.session.ends import Sockets, received

CHUNK = 1 << 16


@dataclass
class StreamTalk:
    """Until both outputs end. stdin: -1 for none. began: called before anything is read of it.

    left: nobody reads the output any more (`| head`); then stop is set, and the machine ends.
    """

    stdin: int
    stdout: int
    stderr: int
    began: Callable[[], None]
    stop: Event = field(default_factory=Event)
    left: bool = False
    _waiting: bytes = b""

    def __call__(self, sockets: Sockets) -> None:
        self.began()
        outputs = {sockets["output"]: self.stdout, sockets["errors"]: self.stderr}
        console, source, sink = sockets["console"], self.stdin, sockets["input"]
        reading: list[socket.socket | int] = [*outputs, console]
        if source < 0:
            self._end_of_input(sink)
        while outputs:
            # One chunk at a time: what the guest does not take stays where it comes from.
            more = [source] if source >= 0 and not self._waiting else []
            ready, able, _ = select.select(
                [*reading, *more], [sink] if self._waiting else [], []
            )
            for end in ready:
                if end in outputs:
                    data = received(end)
                    self._give(outputs[end], data)
                    if not data or self.left:
                        reading.remove(end)
                        del outputs[end]
                elif end is console and not received(console):
                    reading.remove(console)
            if more and source in ready:
                self._waiting = _read(source)
                if not self._waiting:
                    source = -1
                    self._end_of_input(sink)
            if able:
                self._send(sink)
            if self.left:
                self.stop.set()
                return

    def _give(self, fd: int, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(fd, data) :]
        except OSError:
            self.left = True

    def _send(self, sink: socket.socket) -> None:
        try:
            sent = sink.send(self._waiting, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:  # QEMU is gone: the outputs tell
            sent = len(self._waiting)
        self._waiting = self._waiting[sent:]

    def _end_of_input(self, sink: socket.socket) -> None:
        """Half of the connection: closed whole, QEMU would drop what the guest has not read."""
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, CHUNK)
    except OSError:
        return b""
