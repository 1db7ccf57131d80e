# SPDX-License-Identifier: GPL-2.0-only
"""How a machine ended, from QMP's events (QEMU's qapi/run-state.json), and the end of QEMU."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qemu.qmp import QMPClient

from orchestrator.model.evidence import Ending

LEAVE_S = 1.0  # for QEMU to exit once it is told to

Event = Mapping[str, Any]
_BY_REASON = {"guest-shutdown": Ending.POWER_OFF, "guest-reset": Ending.RESET}


def shutdowns(events: Sequence[Event]) -> list[str]:
    """Reasons of the SHUTDOWN events, in order."""
    return [str(e["data"]["reason"]) for e in events if e["event"] == "SHUTDOWN"]


def ending(events: Sequence[Event], hung: str, stopped: bool) -> tuple[Ending, str]:
    """(how it ended, detail). hung: why we stopped it, "" if we did not; stopped: the user did."""
    reasons = shutdowns(events)
    if stopped:
        return Ending.INTERRUPTED, hung
    if hung:
        return Ending.DEADLINE, hung
    if any(event["event"] == "GUEST_PANICKED" for event in events):
        return Ending.PANIC, ""
    if len(reasons) == 1 and reasons[0] in _BY_REASON:
        return _BY_REASON[reasons[0]], ""
    return Ending.QEMU_DIED, ", ".join(reasons) or "no SHUTDOWN event"


def last_line(log: Path) -> str:
    """Of what QEMU printed; "" if it said nothing."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def described(event: Event) -> str:
    """An event in one line, for VmOutcome.qmp_events."""
    data = ",".join(f"{key}={value}" for key, value in sorted(event.get("data", {}).items()))
    return f"{event['event']} {data}".strip()


async def leave(process: asyncio.subprocess.Process, qmp: QMPClient) -> None:
    """Ask QEMU to exit, which it does not by itself when its guest went down."""
    with contextlib.suppress(Exception):  # it may be gone already; if not, it is killed next
        async with asyncio.timeout(LEAVE_S):
            await qmp.execute("quit")
            await process.wait()


async def kill(process: asyncio.subprocess.Process, qmp: QMPClient) -> None:
    """End QEMU's process group, whatever it does, and the connection to it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    with contextlib.suppress(Exception):  # QEMU is gone: whatever the client says of that
        await qmp.disconnect()
