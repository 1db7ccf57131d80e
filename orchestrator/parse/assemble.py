# SPDX-License-Identifier: GPL-2.0-only
"""The texts of a run directory → Evidence. Pure, so that `judge` repeats it from the files."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model import rundir
from orchestrator.model.evidence import Evidence, KernelLog, VmOutcome
from orchestrator.parse.ftrace import parse_ftrace
from orchestrator.parse.guest import parse_guest_report
from orchestrator.parse.kmsg import parse_kmsg, render
from orchestrator.parse.ktap import parse_ktap
from orchestrator.parse.splats import parse_splats


@dataclass(frozen=True)
class Channels:
    """What came out of the machine, decoded with errors="replace"; "" for a silent channel."""

    console: str = ""
    results: str = ""
    kmsg: str = ""
    trace: str = ""


def assemble(channels: Channels, outcome: VmOutcome, nonce: str) -> tuple[Evidence, str]:
    """(evidence, dmesg text). The log comes from its own channel if that is whole, down to
    the record init wrote last; otherwise from the console, which outlives a crash, and the
    dmesg text is "".
    """
    log = parse_kmsg(channels.kmsg)
    whole = bool(log.records) and log.records[-1].text == f"orchestrate: end of log {nonce}"
    dmesg = render(log) if whole else ""
    lines = (dmesg or channels.console).splitlines()
    splats = parse_splats(lines)
    evidence = Evidence(
        outcome=outcome,
        guest=parse_guest_report(channels.results, nonce),
        ktap=parse_ktap(lines),
        splats=splats,
        trace=parse_ftrace(channels.trace.splitlines()),
        log=log if whole else KernelLog(),
        log_from=rundir.DMESG if whole else rundir.CONSOLE,
    )
    return evidence, dmesg
