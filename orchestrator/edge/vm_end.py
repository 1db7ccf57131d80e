# SPDX-License-Identifier: GPL-2.0-only
"""How a machine ended, from QMP's events (QEMU's qapi/run-state.json)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.model.evidence import Ending

Event = Mapping[str, Any]
_OURSELVES = re.compile(r"^qemu-system-\w+: ")
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


def last_words(log: Path, lines: int = 3) -> str:
    """As last_line(), with what led to it before it: QEMU tells a cause first, then its effect."""
    said = log.read_text(errors="replace").strip().splitlines()[-lines:]
    return "; ".join(_OURSELVES.sub("", line) for line in said)


def described(event: Event) -> str:
    """An event in one line, for VmOutcome.qmp_events."""
    data = ",".join(f"{key}={value}" for key, value in sorted(event.get("data", {}).items()))
    return f"{event['event']} {data}".strip()
