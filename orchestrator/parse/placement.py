# SPDX-License-Identifier: GPL-2.0-only
"""Where each thread the suites made landed, from our own trace events (kmod/orch_trace.h)."""

from __future__ import annotations

from orchestrator.model.evidence import Placement, Trace, TraceEvent


def placements(trace: Trace) -> tuple[Placement, ...]:
    """orch_placed events joined with the request they answer, in trace order."""
    requests = {e.get("id"): e for e in trace.events if e.event == "orch_request"}
    return tuple(
        _placement(event, requests.get(event.get("id")))
        for event in trace.events
        if event.event == "orch_placed"
    )


def _placement(event: TraceEvent, request: TraceEvent | None) -> Placement:
    return Placement(
        suite=request.get("suite") if request else "",
        thread=event.get("name"),
        asked=_number(event, "asked"),
        task_node=_number(event, "task_node"),
        stack_node=_number(event, "stack_node"),
        cpu=_number(event, "cpu"),
        cpu_node=_number(event, "cpu_node"),
    )


def _number(event: TraceEvent, field: str) -> int:
    """-1 for what is missing or no number: NUMA_NO_NODE, the kernel's own "none"."""
    try:
        return int(event.get(field, "-1"))
    except ValueError:
        return -1
