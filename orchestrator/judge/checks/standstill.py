# SPDX-License-Identifier: GPL-2.0-only
"""A host that stood still makes a healthy guest report stalls: its clock went on meanwhile.

The guest's detectors compare times (kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h)
and are told nothing of it: KVM's clock would tell them, TCG has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import Case
from orchestrator.judge.checks.splats import verdict_of
from orchestrator.model import rundir
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

SHORTEST_S = 1.0  # the least any detector waits for (plan/deadlines.py, rootfs/steps/45-core.sh)


def check_standstill(case: Case) -> Iterator[Finding]:
    still_s = case.evidence.outcome.stood_still_s
    splats = case.evidence.splats
    stalls = [one for one in splats if verdict_of(one.kind, one.fatal) is Verdict.HANG]
    worse = len(stalls) < len(splats) or case.evidence.ktap.counts.failed
    if still_s < SHORTEST_S or not stalls or worse:
        return
    lines = tuple(EvidenceLine(case.evidence.log_from, one.line, one.title) for one in stalls)
    title = f"QEMU stood still for {still_s:.0f} s: the stalls that the guest reports may be that"
    told = EvidenceLine(rundir.VM, 0, f"stood_still_s {still_s}")
    hint = "run it again"
    yield Finding("standstill", Verdict.INFRASTRUCTURE, Fault.OURS, title, (told, *lines), hint)
