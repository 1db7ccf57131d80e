# SPDX-License-Identifier: GPL-2.0-only
"""Works of a worker created for a node must execute on that node's CPUs.

Only where the tree promises it: since 6.14 kthread_affine_node() in kernel/kthread.c keeps a
kthread on the CPUs of its node, if the node has any.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import MAX_LINES, Case, traced
from orchestrator.model.verdict import Fault, Finding, Verdict


def check_work_cpu(case: Case) -> Iterator[Finding]:
    if not (case.plan.strict_affinity and case.plan.numa):
        return
    with_cpus = {str(node.id) for node in case.evidence.guest.nodes if node.cpus}
    strayed = [
        event
        for event in case.evidence.trace.events
        if event.event == "orch_work"
        and event.get("asked") in with_cpus
        and event.get("cpu_node") != event.get("asked")
    ]
    if strayed:
        evidence = tuple(traced(event) for event in strayed[:MAX_LINES])
        title = f"works executed off their worker's node ({len(strayed)} times)"
        yield Finding("work-cpu", Verdict.FAIL, Fault.KERNEL, title, evidence)
