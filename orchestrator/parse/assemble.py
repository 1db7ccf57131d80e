# SPDX-License-Identifier: GPL-2.0-only
"""The texts of a run directory → Evidence. Pure, so that `judge` repeats it from the files."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model import rundir
from orchestrator.model.evidence import (
    Ending,
    Evidence,
    KernelLog,
    Ktap,
    TestResult,
    VmOutcome,
)
from orchestrator.model.job import Selftests
from orchestrator.parse.at_boot import at_boot
from orchestrator.parse.cases import attributed
from orchestrator.parse.ftrace import parse_ftrace
from orchestrator.parse.guest import parse_guest_report
from orchestrator.parse.kmemleak import parse_kmemleak
from orchestrator.parse.kmsg import parse_kmsg, render
from orchestrator.parse.ktap import parse_ktap
from orchestrator.parse.left import left
from orchestrator.parse.placement import placements
from orchestrator.parse.selftests import parse_selftests
from orchestrator.parse.signature import signed
from orchestrator.parse.splats import parse_splats


class Channels(Struct, frozen=True):
    """What came out of the machine, decoded with errors="replace"; "" for a silent channel."""

    console: str = ""
    results: str = ""
    kmsg: str = ""
    trace: str = ""
    leaks: str = ""
    output: str = ""


def assemble(
    channels: Channels,
    outcome: VmOutcome,
    nonce: str,
    suites: bool = True,
    selftests: Sequence[Selftests] = (),
) -> tuple[Evidence, str]:
    """(evidence, dmesg text). The log comes from its own channel if that is whole, down to
    the record init wrote last, and nothing happened after it; otherwise from the console,
    which outlives a crash. The dmesg text is "" if the channel was not whole.
    suites: were there any asked for? Without, a log that holds no results lacks nothing.
    selftests: whose results are looked for in their output, instead of in the log.
    """
    log = parse_kmsg(channels.kmsg)
    last_words = f"orchestrate: end of log {nonce}"
    whole = bool(log.records) and log.records[-1].text == last_words
    dmesg = render(log) if whole else ""
    clean = whole and outcome.ending is Ending.POWER_OFF and not _late(channels, last_words)
    lines = (dmesg if clean else channels.console).splitlines()
    trace_ended = channels.trace.endswith(f"# orchestrate: end of trace {nonce}\n")
    trace = replace(parse_ftrace(channels.trace.split("\n")), ended=trace_ended)
    guest = parse_guest_report(channels.results, nonce)
    ktap = parse_ktap(lines)
    if selftests:
        ktap = _of_programs(parse_selftests(channels.output, nonce, selftests), ktap)
    evidence = Evidence(
        outcome=outcome,
        guest=guest,
        ktap=ktap if suites or ktap.tests else Ktap(),
        ktap_from=rundir.OUTPUT if selftests else "",
        at_boot=at_boot(lines, ktap.tests),
        splats=tuple(signed(splat) for splat in parse_splats(lines)),
        trace=trace,
        placements=placements(trace),
        leaks=(*attributed(parse_kmemleak(channels.leaks), trace), *left(trace)),
        leaks_cut=len(channels.leaks.encode()) < (guest.leaks_bytes or 0),
        log=log if whole else KernelLog(),
        log_from=rundir.DMESG if clean else rundir.CONSOLE,
    )
    return evidence, dmesg


def _of_programs(results: Ktap, log: Ktap) -> Ktap:
    """Of selftests. What KUnit says besides, of a module that one of them loaded, is that test's
    to judge; unless it failed: then it is not to be overlooked."""
    bad = (TestResult.FAILED, TestResult.CRASHED)
    failed = [test.name for test in log.tests if test.result in bad]
    more = (f"in the kernel's log, KUnit's {name} failed" for name in failed)
    return Ktap(results.tests, (*results.errors, *more))


def _late(channels: Channels, last_words: str) -> bool:
    """Did the kernel report something after the log was taken, on its way down?"""
    _, _, tail = channels.console.partition(last_words)
    return bool(parse_splats(tail.splitlines()))
