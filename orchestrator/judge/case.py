# SPDX-License-Identifier: GPL-2.0-only
"""What every check is given, and small helpers to point at evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orchestrator.model import rundir
from orchestrator.model.evidence import Evidence, TraceEvent
from orchestrator.model.job import Plan
from orchestrator.model.verdict import EvidenceLine, Finding


@dataclass(frozen=True)
class Case:
    """What was asked, and what came of it."""

    plan: Plan
    evidence: Evidence


Check = Callable[[Case], Iterable[Finding]]


def traced(event: TraceEvent) -> EvidenceLine:
    """The line of the trace an event came from."""
    shown = " ".join(f"{key}={value}" for key, value in event.fields)
    return EvidenceLine(rundir.TRACE, event.line, f"{event.event}: {shown}")


# More evidence than this is kept in the files only.
MAX_LINES = 12
