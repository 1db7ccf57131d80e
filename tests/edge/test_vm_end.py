# SPDX-License-Identifier: GPL-2.0-only
"""QMP's events → how a machine ended: only one guest-shutdown is a power-off."""

from __future__ import annotations

import pytest

from orchestrator.edge.vm_end import ending
from orchestrator.model.evidence import Ending


def down(reason: str) -> dict[str, object]:
    return {"event": "SHUTDOWN", "data": {"guest": True, "reason": reason}}


ENDINGS = [
    ([down("guest-shutdown")], "", False, Ending.POWER_OFF),
    ([down("guest-reset")], "", False, Ending.RESET),
    ([{"event": "GUEST_PANICKED", "data": {}}, down("guest-reset")], "", False, Ending.PANIC),
    ([], "", False, Ending.QEMU_DIED),
    ([down("host-signal")], "", False, Ending.QEMU_DIED),
    ([down("guest-shutdown"), down("guest-reset")], "", False, Ending.QEMU_DIED),
    ([down("guest-reset")], "nothing heard", False, Ending.DEADLINE),
    ([], "nothing heard", False, Ending.DEADLINE),
    ([down("guest-shutdown")], "", True, Ending.INTERRUPTED),
]


@pytest.mark.parametrize(("events", "hung", "stopped", "want"), ENDINGS)
def test_endings(events: list[dict[str, object]], hung: str, stopped: bool, want: Ending) -> None:
    assert ending(events, hung, stopped)[0] is want
