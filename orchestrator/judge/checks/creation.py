# SPDX-License-Identifier: GPL-2.0-only
"""One request, one thread: what our tracepoints asked for is what the scheduler saw.

orch_request and orch_created (kmod/orch_trace.h) stand around each call; task_newtask
(include/trace/events/task.h) is emitted by copy_process() for each new task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from orchestrator.judge.case import MAX_LINES, Case, traced
from orchestrator.judge.checks.clone_flags import KTHREADD
from orchestrator.model.evidence import TraceEvent
from orchestrator.model.verdict import Fault, Finding, Verdict


def check_creation(case: Case) -> Iterator[Finding]:
    if not case.evidence.guest.ended:
        return  # a trace cut short proves nothing either way
    events = case.evidence.trace.events
    by_kthreadd = [e for e in events if e.event == "task_newtask" and e.pid == KTHREADD]
    births = Counter(event.get("pid") for event in by_kthreadd)
    created = [e for e in events if e.event == "orch_created"]
    good = [e for e in created if e.get("err") == "0"]
    # Pids come round after 32768 creations; a run makes a few hundred threads.
    wrong = [event for event in good if births[event.get("pid")] != 1]
    yield from _finding("a created thread was not created by kthreadd exactly once", wrong)
    answered = Counter(event.get("id") for event in created)
    requests = [e for e in events if e.event == "orch_request"]
    unanswered = [event for event in requests if answered[event.get("id")] != 1]
    yield from _finding("a request was not answered exactly once", unanswered)


def _finding(title: str, events: list[TraceEvent]) -> Iterator[Finding]:
    if events:
        evidence = tuple(traced(event) for event in events[:MAX_LINES])
        counted = f"{title} ({len(events)} times)" if len(events) > 1 else title
        yield Finding("creation", Verdict.FAIL, Fault.KERNEL, counted, evidence)
