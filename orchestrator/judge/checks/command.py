# SPDX-License-Identifier: GPL-2.0-only
"""The user's command must have come back, and with 0. With what else is its own matter, not the
kernel's: then it is the run's exit code (RunResult.exit_code)."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import Case
from orchestrator.model import rundir
from orchestrator.model.session import COMMAND_CHECK
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict


def check_command(case: Case) -> Iterator[Finding]:
    guest, session = case.evidence.guest, case.plan.session
    if session is None:
        return
    status = guest.session_status
    if case.plan.selftests:
        yield from _selftests(case)
    elif status is None and guest.ended:
        title = "nobody heard how the command ended"
        yield Finding("session", Verdict.INCOMPLETE, Fault.KERNEL, title)
    elif status:
        evidence = (EvidenceLine(rundir.RESULTS, 0, f"session-end: {status}"),)
        title = f"the command ended with {status}"
        yield Finding(COMMAND_CHECK, Verdict.FAIL, Fault.TEST, title, evidence)


def _selftests(case: Case) -> Iterator[Finding]:
    """What runs them ends with 0, whatever becomes of them."""
    guest = case.evidence.guest
    if guest.session_status is None and guest.ended:
        title = "nobody heard that what runs the selftests ended"
        yield Finding("session", Verdict.INCOMPLETE, Fault.KERNEL, title)
    elif guest.session_status:
        evidence = (EvidenceLine(rundir.RESULTS, 0, f"session-end: {guest.session_status}"),)
        title = f"what runs the selftests ended with {guest.session_status}"
        yield Finding("session", Verdict.INCOMPLETE, Fault.OURS, title, evidence)
