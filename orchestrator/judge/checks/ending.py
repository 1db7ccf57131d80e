# SPDX-License-Identifier: GPL-2.0-only
"""How the machine ended: only a power-off after the end marker is a good end."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import Case
from orchestrator.model import rundir
from orchestrator.model.evidence import Ending
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

# An ending → verdict, whose fault, title. POWER_OFF is judged by the end marker.
_BAD = {
    Ending.RESET: (Verdict.CRASH, Fault.KERNEL, "the guest reset itself"),
    Ending.PANIC: (Verdict.CRASH, Fault.KERNEL, "the guest panicked"),
    Ending.DEADLINE: (Verdict.HANG, Fault.KERNEL, "the guest hung and was stopped"),
    Ending.QEMU_DIED: (Verdict.INFRASTRUCTURE, Fault.OURS, "QEMU ended without a shutdown"),
    Ending.INTERRUPTED: (Verdict.INCOMPLETE, Fault.OURS, "the run was interrupted"),
}


def check_ending(case: Case) -> Iterator[Finding]:
    outcome, guest = case.evidence.outcome, case.evidence.guest
    evidence = (EvidenceLine(rundir.VM, 0, _in_words(case)),)
    if outcome.ending in _BAD:
        verdict, fault, title = _BAD[outcome.ending]
        yield Finding("ending", verdict, fault, title, evidence)
    elif not guest.begun:
        title = "the guest powered off before its init said anything"
        yield Finding("ending", Verdict.INCOMPLETE, Fault.KERNEL, title, evidence)
    elif not guest.ended:
        title = "the guest powered off before its end marker"
        yield Finding("ending", Verdict.INCOMPLETE, Fault.KERNEL, title, evidence)


def _in_words(case: Case) -> str:
    outcome = case.evidence.outcome
    open_suites = [suite.name for suite in case.evidence.guest.suites if suite.end_s is None]
    words = [f"{outcome.ending.value} after {outcome.wall_s:.1f} s", outcome.detail]
    words.extend(f"while {name} ran" for name in open_suites[-1:])
    return ", ".join(filter(None, words))
