# SPDX-License-Identifier: GPL-2.0-only
"""Memory a case left behind, by the module's own account (kmod/core_slab.c)."""

from __future__ import annotations

import re

from orchestrator.model import rundir
from orchestrator.model.evidence import Leak, Trace

_NUMBER = re.compile(r"\d{1,18}")


def left(trace: Trace) -> tuple[Leak, ...]:
    """One for each orch_left event: stack=caller<its caller, innermost first."""
    return tuple(
        Leak(
            size=_number(event.get("size")),
            comm="",
            pid=0,
            jiffies=0,
            backtrace=tuple(event.get("stack").split("<")),
            line=event.line,
            suite=event.get("suite"),
            case=event.get("case"),
            count=_number(event.get("count")),
            file=rundir.TRACE,
        )
        for event in trace.events
        if event.event == "orch_left"
    )


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0
