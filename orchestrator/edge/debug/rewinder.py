# SPDX-License-Identifier: GPL-2.0-only
"""Stands between gdb and a machine that is replayed, and goes back in QEMU's place.

QEMU has a way back of its own (packets `bs` and `bc`; replay/replay-debugging.c): it loads the
snapshot from the beginning into the machine that runs, and so now and then waits for itself for
ever. Here the machine from the beginning is a fresh process. A step back is one, replayed to one
instruction before. "Back to the last breakpoint" is one that goes from breakpoint to breakpoint up
to where the old one was; and then one more, replayed to the last of them. All else passes as it is.
The protocol: gdb's manual, "Remote Protocol".
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

STEP, BACK, BEGIN = "bs", "bc", "T05replaylog:begin;"
STOPPED, BROKEN_OFF, REFUSED = "T05thread:01;", "T02thread:01;", "E22"
INTERRUPT = "\x03"
_PACKET = re.compile(rb"\$([^#]*)#..", re.DOTALL)
_BREAKPOINT = re.compile(r"([Zz])([0-4],[0-9a-f]+,[0-9a-f]+)")
# What a stub was told once, and a fresh one is told again: how to speak, and of which registers.
_GREETINGS = ("qSupported", "qXfer:features:read:target.xml:0,", "Hg", "Hc")


class Side:
    """One end of the remote protocol. Acknowledgements are each end's own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._heard = reader, writer, b""

    async def read(self) -> str:
        """The next packet, or INTERRUPT. Raises EOFError at the end."""
        while True:
            self._heard = self._heard.lstrip(b"+")
            if self._heard.startswith(INTERRUPT.encode()):
                self._heard = self._heard[1:]
                return INTERRUPT
            if found := _PACKET.search(self._heard):
                self._heard = self._heard[found.end() :]
                self._writer.write(b"+")
                return found[1].decode("latin-1")
            said = await self._reader.read(1 << 16)
            if not said:
                raise EOFError
            self._heard += said

    async def send(self, packet: str) -> None:
        self._writer.write(packet.encode() if packet == INTERRUPT else framed(packet))
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()


def framed(packet: str) -> bytes:
    body = packet.encode("latin-1")
    return b"$%s#%02x" % (body, sum(body) & 0xFF)


class Machine(Protocol):
    """A machine that is replayed, stopped before its first instruction when it is made."""

    stub: Side

    async def count(self) -> int:
        """Instructions that the guest has run."""

    async def stop_at(self, count: int) -> None:
        """Going on, it stops there at the latest."""

    async def end(self) -> None: ...


Fresh = Callable[[], Awaitable[Machine]]


class Between:
    """What gdb says goes to the machine and the other way round; the way back is ours."""

    def __init__(self, gdb: Side, machine: Machine, fresh: Fresh) -> None:
        self.gdb, self.machine, self._fresh = gdb, machine, fresh
        self._greetings: dict[str, str] = {}
        self._breakpoints: dict[str, None] = {}  # as the Z packets name them, in order
        self._interrupted = False
        self._going: asyncio.Task[None] | None = None
        self._listening = asyncio.create_task(self._hand_on())

    async def run(self) -> None:
        """Until gdb is gone, or the machine while gdb had it. The machine is gone then."""
        try:
            while True:
                await self._heard(await self.gdb.read())
        except (EOFError, OSError):
            pass
        finally:
            tasks = [task for task in (self._listening, self._going) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.machine.end()

    async def _heard(self, packet: str) -> None:
        if packet in (STEP, BACK):
            self._listening.cancel()
            self._interrupted = False
            self._going = asyncio.create_task(self._back(packet))
            return
        found = _BREAKPOINT.fullmatch(packet)
        if found and found[1] == "Z":
            self._breakpoints[found[2]] = None
        elif found:
            self._breakpoints.pop(found[2], None)
        for word in _GREETINGS:
            if packet.startswith(word):
                self._greetings[word] = packet
        if packet == INTERRUPT:
            self._interrupted = True
            with contextlib.suppress(OSError):  # between two machines there is none to stop
                await self.machine.stub.send(packet)
            return
        await self.machine.stub.send(packet)

    async def _hand_on(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                await self.gdb.send(await self.machine.stub.read())
        self.gdb.close()

    async def _back(self, packet: str) -> None:
        try:
            told = await (self._step() if packet == STEP else self._go())
        except (EOFError, OSError):
            self.gdb.close()
            return
        self._going, self._listening = None, asyncio.create_task(self._hand_on())
        await self.gdb.send(told)

    async def _step(self) -> str:
        """What gdb is told."""
        at = await self.machine.count()
        await self._anew(max(0, at - 1))
        if self._interrupted:
            return BROKEN_OFF
        return STOPPED if at else BEGIN

    async def _go(self) -> str:
        """The same, at the last breakpoint before this place, or at the beginning; where it is
        then if it was interrupted on the way."""
        end, last, told = await self.machine.count(), 0, BEGIN
        await self._anew(0)
        watched = any(each[0] in "234" for each in self._breakpoints)
        at, word = (0 if self._breakpoints else end), "c"
        if at < end:
            # A write by the last instruction is told after it.
            await self.machine.stop_at(end + watched)
        while at < end:
            stop, before = await self._ask(word), at
            at = await self.machine.count()
            if self._interrupted:
                return BROKEN_OFF
            if "watch:" in stop and before < at <= end:
                last, told, word = at - 1, stop, "c"  # gdb looks for the write undone
            elif word == "c" and at < end:
                # Only a step passes the breakpoint that it stands at.
                last, told, word = at, stop, "s"
            else:
                word = "c"
        if last:
            await self._anew(last)
        elif end:
            await self._anew(0)
        return BROKEN_OFF if self._interrupted else told

    async def _anew(self, count: int) -> None:
        """The machine as it was then. Raises OSError, EOFError."""
        await self.machine.end()
        self.machine = await self._fresh()
        for packet in self._greetings.values():
            await self._ask(packet)
        if count:
            await self.machine.stop_at(count)
            await self._ask("c")
            if await self.machine.count() != count and not self._interrupted:
                raise OSError(f"the replay does not stop at instruction {count}")
        for each in self._breakpoints:
            await self._ask(f"Z{each}")

    async def _ask(self, packet: str) -> str:
        await self.machine.stub.send(packet)
        return await self.machine.stub.read()
