# SPDX-License-Identifier: GPL-2.0-only
"""Compilers that outlive a killed build: make dies with us, what it had started does not.

They would write into a directory that another build goes on with. So all that make starts has
the directory's name in its environment.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from orchestrator.model.errors import InfrastructureError

MARK = "ORCHESTRATE_BUILD"
PATIENCE_S = 5.0  # for the kernel to end what was killed


def mark(work: Path) -> dict[str, str]:
    """For the environment of what runs in this directory."""
    return {MARK: str(work)}


def end_orphans(work: Path) -> int:
    """End all processes with this directory's mark, whose lock is held; how many there were.

    Raises InfrastructureError if one of them cannot be ended.
    """
    found = _marked(work)
    give_up = time.monotonic() + PATIENCE_S
    left = found
    while left:
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
        left = _marked(work)
        if time.monotonic() > give_up:
            raise InfrastructureError(f"process {left[0]} of a killed build does not end")
    return len(found)


def _marked(work: Path) -> list[int]:
    wanted = os.fsencode(f"{MARK}={work}")
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it is gone, or another user's
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]
