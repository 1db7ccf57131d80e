# SPDX-License-Identifier: GPL-2.0-only
"""Our ends of a session's sockets (plan.qemu.SOCKETS), and the thread that talks over them.

QEMU connects to all of them when it starts. The guest says one byte on `output` when it listens;
until then what it prints is read and dropped here, since a console nobody reads stops the guest,
and nothing of the user's is read, since another QEMU may come if the first cannot go on from a
kept state.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from orchestrator.plan.qemu import SOCKETS

JOIN_S = 5.0  # for the last words, once QEMU is gone
CHUNK = 1 << 16

Sockets = Mapping[str, socket.socket]
Talker = Callable[[Sockets], None]


@contextlib.contextmanager
def talking(folder: Path, talker: Talker) -> Iterator[None]:
    """Sockets in folder, which only we can enter. talker is called in a thread of its own, once
    the guest listens; it returns when there is nothing more to say or to hear. On leaving, QEMU
    must be gone: what talker still has to read is waited for.
    """
    with contextlib.ExitStack() as stack:
        listening = {}
        for name in SOCKETS:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(folder / name))
            listener.listen(1)
            listening[name] = listener
        closing, us = socket.socketpair()
        stack.enter_context(closing)
        stack.enter_context(us)
        work = _Work(listening, us, talker)
        thread = threading.Thread(target=work.run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            closing.close()
            thread.join(JOIN_S)
        if work.failed:
            raise work.failed


class _Work:
    """What the thread does."""

    def __init__(
        self, listening: Mapping[str, socket.socket], closing: socket.socket, talker: Talker
    ) -> None:
        self.listening = listening
        self.closing = closing
        self.talker = talker
        self.failed: Exception | None = None

    def run(self) -> None:
        try:
            while True:
                connected = self._connected()
                if connected is None:
                    return
                try:
                    if self._greeted(connected):
                        self.talker(connected)
                        self._drain(connected)
                        return
                finally:
                    for each in connected.values():
                        each.close()
        except Exception as error:  # told by the thread that waits
            self.failed = error

    def _connected(self) -> dict[str, socket.socket] | None:
        """All of one QEMU's; None if no further one comes."""
        found: dict[str, socket.socket] = {}
        while len(found) < len(self.listening):
            waiting = [self.listening[name] for name in self.listening if name not in found]
            ready, _, _ = select.select([*waiting, self.closing], [], [])
            for name, listener in self.listening.items():
                if listener in ready:
                    found[name] = listener.accept()[0]
            if not set(ready) - {self.closing}:
                for each in found.values():
                    each.close()
                return None
        return found

    def _greeted(self, connected: Sockets) -> bool:
        """The guest listens; False if this QEMU ended before."""
        output, console = connected["output"], connected["console"]
        open_ends = [output, console]
        while True:
            ready, _, _ = select.select(open_ends, [], [])
            if output in ready:
                return bool(received(output, 1))
            if not received(console):
                open_ends.remove(console)

    def _drain(self, connected: Sockets) -> None:
        """Until QEMU is gone: unread, a socket would stop the guest on its way down."""
        open_ends = list(connected.values())
        while open_ends:
            ready, _, _ = select.select(open_ends, [], [])
            for each in ready:
                if not received(each):
                    open_ends.remove(each)


def received(end: socket.socket, size: int = CHUNK) -> bytes:
    """What is there, b"" at the end, also if QEMU was killed."""
    try:
        return end.recv(size)
    except OSError:
        return b""
