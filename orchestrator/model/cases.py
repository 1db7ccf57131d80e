# SPDX-License-Identifier: GPL-2.0-only
"""The windows of cases in a trace: orch_case and orch_case_end (kmod/orch_trace.h) are their ends.

Cases run one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.model.evidence import TraceEvent


def case_windows(events: Iterable[TraceEvent]) -> list[tuple[str, str, list[TraceEvent]]]:
    """(suite, case, the events from orch_case to orch_case_end, its end left out)."""
    windows: list[tuple[str, str, list[TraceEvent]]] = []
    inside = False
    for event in events:
        if event.event == "orch_case":
            windows.append((event.get("suite"), event.get("case"), [event]))
            inside = True
        elif event.event == "orch_case_end":
            inside = False
        elif inside:
            windows[-1][2].append(event)
    return windows
