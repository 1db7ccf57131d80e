# SPDX-License-Identifier: GPL-2.0-only
"""The other end of a QMP connection, as QEMU is: it connects, greets and answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qemu.qmp import QMPClient

GREETING = {"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}}, "capabilities": []}}
Answer = Callable[[dict[str, Any]], Any]


class Refused(Exception):
    """An answer that is an error."""


class Gone(Exception):
    """QEMU ends instead of answering."""


class Silent(Exception):
    """No answer, now or ever."""


@dataclass
class QmpGuest:
    """answers: command → what is returned for its arguments; {} for others. heard: commands."""

    answers: dict[str, Answer] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    async def talk(self, socket: str) -> None:
        reader, writer = await asyncio.open_unix_connection(socket)
        try:
            self._send(writer, GREETING)
            async for asked in _messages(reader):
                self.heard.append(asked["execute"])
                answer = self.answers.get(asked["execute"], lambda _: {})
                try:
                    said = {"return": answer(asked.get("arguments", {}))}
                except Refused as refused:
                    said = {"error": {"class": "GenericError", "desc": str(refused)}}
                except Silent:
                    continue
                # The negotiation has no id.
                self._send(writer, {**said, **{key: asked[key] for key in asked.keys() & {"id"}}})
        except Gone:
            pass
        finally:
            writer.close()

    def _send(self, writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        writer.write(json.dumps(message).encode() + b"\n")


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
    """A stream of JSON objects, as the client sends them: with nothing between, or the blank
    that goes with a descriptor."""
    text = ""
    while chunk := await reader.read(1 << 16):
        text = (text + chunk.decode()).lstrip()
        while text.strip():
            try:
                message, end = json.JSONDecoder().raw_decode(text)
            except ValueError:
                break
            text = text[end:].lstrip()
            yield message


@contextlib.asynccontextmanager
async def connected(guest: QmpGuest, folder: Path) -> AsyncIterator[QMPClient]:
    """Our side of the connection to it."""
    client = QMPClient("test")
    await client.start_server(f"{folder}/qmp")
    other = asyncio.ensure_future(guest.talk(f"{folder}/qmp"))
    try:
        await client.accept()
        yield client
    finally:
        other.cancel()
        with contextlib.suppress(Exception):
            await client.disconnect()
