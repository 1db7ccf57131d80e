# SPDX-License-Identifier: GPL-2.0-only
"""Did everything the guest said reach us? What was lost can't speak for green."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.model import rundir
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict


def check_channels(case: Case) -> Iterator[Finding]:
    guest, evidence = case.evidence.guest, case.evidence
    if guest.complaints:
        lines = tuple(EvidenceLine(rundir.RESULTS, 0, text) for text in guest.complaints)
        title = "init complained, or its report is damaged"
        yield Finding("channels", Verdict.INCOMPLETE, Fault.TEST, title, lines[:MAX_LINES])
    if not guest.ended:
        return  # the ending says why; what follows is about complete runs
    if not evidence.log.records:
        title = "the kernel log did not come through its channel"
        yield Finding("channels", Verdict.INCOMPLETE, Fault.OURS, title)
    # The guest is fresh: its log begins with record 0, or the ring has overwritten some.
    overwritten = evidence.log.records[0].sequence if evidence.log.records else 0
    if evidence.log.lost + overwritten:
        title = f"{evidence.log.lost + overwritten} records of the kernel log were lost"
        hint = "raise CONFIG_LOG_BUF_SHIFT"
        yield Finding("channels", Verdict.INCOMPLETE, Fault.OURS, title, hint=hint)
    if not evidence.trace.ended:
        title = "the trace did not come through its channel whole"
        yield Finding("channels", Verdict.INCOMPLETE, Fault.OURS, title)
    if case.plan.leak_scan and (guest.leaks_bytes is None or evidence.leaks_cut):
        title = "no whole list of leaks came, though kmemleak is configured"
        yield Finding("channels", Verdict.INCOMPLETE, Fault.OURS, title)
    if case.plan.coverage and not guest.coverage_bytes:
        title = "no coverage came, though objects are profiled"
        yield Finding("channels", Verdict.INCOMPLETE, Fault.OURS, title)
    lost = max(guest.trace_lost, evidence.trace.lost)
    if lost:
        title = f"{lost} trace events were lost"
        hint = "raise the buffer size in rootfs/steps/40-tracing.sh"
        yield Finding("channels", Verdict.INCOMPLETE, Fault.OURS, title, hint=hint)
    if guest.suites and not any(e.event == "task_newtask" for e in evidence.trace.events):
        title = "suites ran, but the trace shows no thread created"
        yield Finding("channels", Verdict.INCOMPLETE, Fault.OURS, title)
