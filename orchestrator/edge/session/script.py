# SPDX-License-Identifier: GPL-2.0-only
"""A conversation with the guest's console that a script has, by pexpect."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from pexpect import EOF, TIMEOUT
from pexpect.socket_pexpect import SocketSpawn

from orchestrator.edge.session.ends import Sockets
from orchestrator.model.session import Step, Word

SIZE = b"24 80\n"
SHOWN = 60  # bytes of what was seen instead


if TYPE_CHECKING:
    _Socket = SocketSpawn[bytes]
else:
    _Socket = SocketSpawn


class _Console(_Socket):
    """Shows what it reads on the descriptor `transcript`, which SocketSpawn's own log does not."""

    transcript = -1

    def read_nonblocking(self, size: int = 1, timeout: float | None = -1) -> bytes:
        said: bytes = super().read_nonblocking(size, timeout)
        with contextlib.suppress(OSError):  # nobody reads it: the conversation goes on
            os.write(self.transcript, said)
        return said


@dataclass
class ScriptTalk:
    """Steps in turn, as console.ConsoleTalk has it with a person. What the console shows goes to
    stdout. failed: which step was in vain, and what was there instead; "" if none was.
    """

    steps: Sequence[Step]
    stdout: int
    began: Callable[[], None]
    stop: Event = field(default_factory=Event)
    left: bool = False
    failed: str = ""

    def __call__(self, sockets: Sockets) -> None:
        self.began()
        sockets["input"].send(SIZE)
        console = _Console(sockets["console"])
        console.transcript = self.stdout
        try:
            for step in self.steps:
                self.failed = _done(console, step)
                if self.failed:
                    break
        finally:
            self.left = not console.flag_eof
            if self.left:
                self.stop.set()


def _done(console: _Console, step: Step) -> str:
    """ "", or why not."""
    try:
        if step.word is Word.SEND:
            console.send(step.data)
            return ""
        if step.word is Word.PAUSE:
            console.expect(TIMEOUT, timeout=step.timeout_s)  # what comes meanwhile is kept
            return ""
        console.expect(step.data, timeout=step.timeout_s)
        return ""
    except TIMEOUT:
        seen = console.before[-SHOWN:] if isinstance(console.before, bytes) else b""
        what = step.data.decode(errors="replace")
        last = seen.decode(errors="replace")
        return f"line {step.line}: no {what!r} within {step.timeout_s:g} s, but at last {last!r}"
    except (EOF, OSError):
        console.flag_eof = True
        return f"line {step.line}: the guest was gone"
