# SPDX-License-Identifier: GPL-2.0-only
"""One command after the other in a guest's shell, from another thread.

The shell reads its commands from the input port. After each it says a word that nobody can guess,
and the exit status, on both outputs: what came before is the command's.
"""

from __future__ import annotations

import base64
import queue
import secrets
import select
import shlex
import socket
from dataclasses import dataclass, field
from threading import Event

from orchestrator.edge.session.ends import Sockets, received
from orchestrator.testing.told import Done, GuestGone

_WIDTH = 76  # of a line of base64


@dataclass
class CommandTalk:
    """A Talker (workflow/shell.py). listening: the guest answers. stop ends the machine.

    left: we ended it before it could end by itself. first: a line for the guest's shell, before
    all others.
    """

    first: str = ":"
    stop: Event = field(default_factory=Event)
    listening: Event = field(default_factory=Event)
    left: bool = False
    _asked: queue.Queue[str | None] = field(default_factory=queue.Queue)
    _heard: queue.Queue[tuple[int, bytes, bytes] | None] = field(default_factory=queue.Queue)
    _mark: bytes = field(default_factory=lambda: secrets.token_hex(12).encode())
    _gone: bool = False

    # What a test calls.

    def run(self, command: str, timeout_s: float, name: str = "") -> Done:
        """In a shell of its own, without input; name: what errors call it. GuestGone if nothing
        is heard of it in time, and the machine is ended then."""
        __tracebackhide__ = True
        line = f"sh -c {shlex.quote(command)} < /dev/null"
        return self._ask(name or command, line, timeout_s)

    def put(self, data: bytes, path: str, timeout_s: float) -> Done:
        """A file in the guest, its folder made."""
        __tracebackhide__ = True
        text = base64.b64encode(data).decode()
        rows = "\n".join(text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH))
        name, end = shlex.quote(path), self._mark.decode()
        line = f'mkdir -p "$(dirname {name})" && base64 -d > {name} << {end}\n{rows}\n{end}'
        return self._ask(f"put {path}", line, timeout_s)

    def end(self) -> None:
        """No more commands: the shell ends, and with it the guest."""
        self._asked.put(None)

    def kill(self) -> None:
        """The machine ends now."""
        self.left = True
        self.stop.set()
        self.end()

    def gone(self) -> None:
        """Nobody will answer any more: for the thread that ran the machine."""
        self._gone = True
        self.listening.set()
        self._heard.put(None)

    def _ask(self, command: str, line: str, timeout_s: float) -> Done:
        __tracebackhide__ = True
        if self._gone:
            raise GuestGone(f"{command}: the guest is gone")
        mark = self._mark.decode()
        told = f"status=$?; echo {mark} $status; echo {mark} >&2"
        self._asked.put(f"{line}\n{told}\n")
        try:
            heard = self._heard.get(timeout=timeout_s)
        except queue.Empty:
            self.kill()
            raise GuestGone(f"{command}: no answer within {timeout_s:g} s") from None
        if heard is None:
            self._gone = True
            raise GuestGone(f"{command}: the guest went away before it ended")
        status, out, errors = heard
        return Done(command, status, out.decode(errors="replace"), errors.decode(errors="replace"))

    # What the thread of the session does.

    def __call__(self, sockets: Sockets) -> None:
        self.listening.set()
        try:
            while (script := self._asked.get()) is not None:
                heard = self._one(sockets, f"{self.first}\n{script}".encode())
                self.first = ":"
                self._heard.put(heard)
                if heard is None:
                    return
            sockets["input"].shutdown(socket.SHUT_WR)
        except OSError:  # QEMU is gone
            self._heard.put(None)

    def _one(self, sockets: Sockets, script: bytes) -> tuple[int, bytes, bytes] | None:
        """None if the guest goes away meanwhile."""
        sink, console = sockets["input"], sockets["console"]
        said = {sockets["output"]: b"", sockets["errors"]: b""}
        waiting, reading = set(said), [*said, console]
        while waiting:
            ready, able, _ = select.select(reading, [sink] if script else [], [], 1)
            if self.stop.is_set():
                return None
            if able:
                script = script[_send(sink, script) :]
            for end in ready:
                data = received(end)
                if end is console:
                    reading = reading if data else [each for each in reading if each is not console]
                    continue
                if not data:
                    return None
                said[end] += data
                if self._is_whole(said[end]):
                    waiting.discard(end)
        out, errors = said.values()
        before, _, last = out.rpartition(self._mark)
        return int(last), before, errors.rpartition(self._mark)[0]

    def _is_whole(self, said: bytes) -> bool:
        return said.endswith(b"\n") and self._mark in said[-64:]


def _send(sink: socket.socket, data: bytes) -> int:
    try:
        return sink.send(data, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return 0
