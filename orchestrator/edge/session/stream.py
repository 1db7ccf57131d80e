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
    failed: str = ""
    _waiting: bytes = b""

    def __call__(self, sockets: Sockets) -> None:
        self.began()
        outputs = {sockets["output"]: self.stdout, sockets["errors"]: self.stderr}
        sink = sockets["input"]
        reading: list[socket.socket | int] = [*outputs, sockets["console"]]
        if self.stdin < 0:
            self._end_of_input(sink)
        while outputs and not self.left:
            # One chunk at a time: what the guest does not take stays where it comes from.
            more = [self.stdin] if self.stdin >= 0 and not self._waiting else []
            writing = [sink] if self._waiting else []
            ready, able, _ = select.select([*reading, *more], writing, [])
            for end in ready:
                if isinstance(end, int):
                    self._take(sink)
                    continue
                data = received(end)
                if end in outputs:
                    self._give(outputs[end], data)
                if not data:
                    reading.remove(end)
                    outputs.pop(end, None)
            if able:
                self._send(sink)
        if self.left:
            self.stop.set()

    def _take(self, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._waiting = os.read(self.stdin, CHUNK)
        if not self._waiting:
            self.stdin = -1
            self._end_of_input(sink)

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
