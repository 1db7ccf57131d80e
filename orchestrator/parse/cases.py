# SPDX-License-Identifier: GPL-2.0-only
"""Which case a thread belongs to, by the module's own trace events.

orch_case and orch_case_end (kmod/orch_trace.h) are the two ends of a case's window; cases run
one at a time. A thread belongs to the case in whose window it was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from orchestrator.model.cases import case_windows
from orchestrator.model.evidence import Leak, Trace, TraceEvent

_PID = re.compile(r"[1-9]\d{0,9}")  # 0: a creation that failed; kmemleak: no task, an interrupt


def attributed(leaks: Iterable[Leak], trace: Trace) -> tuple[Leak, ...]:
    """The leaks with the case of the task that allocated, as far as that is known."""
    owner: dict[int, tuple[str, str]] = {}
    for suite, case, events in case_windows(trace.events):
        for event in events:
            if event.event == "orch_case":
                owner[_pid(event, str(event.pid))] = suite, case
            elif event.event in ("orch_created", "task_newtask"):
                owner[_pid(event, "0")] = suite, case
    owner.pop(0, None)
    known = ((leak, owner.get(leak.pid, ("", ""))) for leak in leaks)
    return tuple(replace(leak, suite=suite, case=case) for leak, (suite, case) in known)


def _pid(event: TraceEvent, default: str) -> int:
    text = event.get("pid", default)
    return int(text) if _PID.fullmatch(text) else 0
