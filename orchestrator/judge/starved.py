# SPDX-License-Identifier: GPL-2.0-only
"""Findings of time alone, on a host that gave the machine none: they are nobody's in the guest.

A stall, a deadline that passed, a case that waited in vain. What does not come of time (a crash,
a warning, a failed case of another suite) stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from orchestrator.judge.case import Case
from orchestrator.model.host_time import HostTime, Starved, in_words
from orchestrator.model.verdict import Fault, Finding, Verdict

HINT = "run it again when the host has time for it"
_STAMP = re.compile(r"\[ *(\d{1,9}\.\d{6})\]")
# Of the kernel's detectors, each looks from time to time, hung_task once in its limit, and
# soft lockups are told after twice watchdog_thresh: a stall may be reported that much later.
_LATE = 2.0
_SLACK_S = 1.0  # between the guest's clocks
_REAL = (Verdict.FAIL, Verdict.HANG, Verdict.CRASH)


def laid_on_host(finding: Finding, case: Case) -> Finding:
    """The finding, as ours if the host may have caused it."""
    host = case.evidence.outcome.host
    times = tuple(time for time in host.starved if _may_be_behind(finding, time, case))
    if not times:
        return finding
    return replace(
        finding,
        verdict=Verdict.INFRASTRUCTURE,
        fault=Fault.OURS,
        hint=HINT,
        host=in_words(times),
    )


def decisive(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that make the verdict: what the host may have caused hides nothing of the kernel's."""
    others = tuple(finding for finding in findings if not finding.host)
    real = any(each.fault is Fault.KERNEL and each.verdict in _REAL for each in others)
    return others if real else tuple(findings)


def _may_be_behind(finding: Finding, time: Starved, case: Case) -> bool:
    outcome = case.evidence.outcome
    if finding.check == "ending" and finding.verdict is Verdict.HANG:
        return outcome.host.cut_short
    if finding.check == "splats" and finding.verdict is Verdict.HANG:
        return _may_have_stalled(finding, time, outcome.host)
    if finding.check == "guest-view":  # a CPU has ten seconds to answer when it is brought up
        return finding.verdict is Verdict.FAIL
    if finding.check == "ktap" and finding.verdict is Verdict.FAIL:
        suite = finding.title.removesuffix(" failed").partition(".")[0]
        return suite in time.suites
    return False


def _may_have_stalled(finding: Finding, time: Starved, host: HostTime) -> bool:
    """Was this report made in that time, or so soon behind it that the stall was in it?"""
    stamp = _STAMP.search(finding.evidence[0].text) if finding.evidence else None
    if stamp is None or host.uptime_s is None:
        return True
    at_s = float(stamp[1]) - host.uptime_s
    return time.at_s - _SLACK_S <= at_s <= time.end_s + _LATE * host.limit_s + _SLACK_S
