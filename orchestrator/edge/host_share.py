# SPDX-License-Identifier: GPL-2.0-only
"""Does the host let a process run? A guest that gets no time is not hung.

Sources: Documentation/scheduler/sched-stats.rst (schedstat of a task: time on a CPU, time that it
waited for one while it could run, in ns) and proc_pid_stat(5) (state T: stopped by a signal).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Share:
    """What the host gives the process with this pid. One that is gone gets no bad marks."""

    pid: int

    def stopped(self) -> bool:
        """Has somebody stopped it (SIGSTOP, a debugger)?"""
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state in "Tt"

    def waited_s(self) -> float:
        """How long the thread that waited most has waited for a CPU; 0.0 if not told here."""
        waits = [0]
        for task in Path(f"/proc/{self.pid}/task").glob("*/schedstat"):
            try:
                waits.append(int(task.read_text().split()[1]))
            except (OSError, ValueError, IndexError):
                continue
        return max(waits) / 1e9
