# SPDX-License-Identifier: GPL-2.0-only
"""Time alone, on a host that had none, is not the kernel's; all else stays what it is."""

from __future__ import annotations

from typing import Any

import pytest
from green_case import SUITES, green_evidence, green_plan, suite
from msgspec.structs import replace

from orchestrator.judge.verdict import judge
from orchestrator.model.evidence import (
    Ending,
    Evidence,
    KernelLog,
    Ktap,
    LogRecord,
    Splat,
    TestResult,
)
from orchestrator.model.host_time import HostTime, Starved
from orchestrator.model.verdict import Fault, Finding, Verdict

# The guest's uptime is 2 s ahead. From 10 to 50 s the machine did not run.
STOP = Starved(10.0, 40.0, 0.1, (SUITES[0],))
NORMAL = HostTime(limit_s=10.0, uptime_s=2.0)
STOPPED = replace(NORMAL, starved=(STOP,))


def stall(uptime_s: float, kind: str = "soft-lockup") -> Splat:
    line = f"[{uptime_s:12.6f}] watchdog: BUG: soft lockup - CPU#1 stuck for 39s! [x:1]"
    return Splat(kind, "BUG: soft lockup in f", 3, "f", (line,), signature="0123456789ab")


OOPS = Splat("oops", "Oops in g", 9, "g", ("[   52.000000] Oops: 0000",), signature="ba9876543210")


def verdict_of(host: HostTime, **changes: Any) -> tuple[Verdict, tuple[Finding, ...]]:
    outcome_changes = changes.pop("outcome", {})
    evidence: Evidence = replace(green_evidence(), **changes)
    outcome = replace(evidence.outcome, wall_s=80.0, host=host, **outcome_changes)
    return judge(green_plan(), replace(evidence, outcome=outcome))


def failed(name: str) -> Ktap:
    tests = [
        suite(each, TestResult.FAILED if each == name else TestResult.PASSED) for each in SUITES
    ]
    return Ktap(tuple(tests))


@pytest.mark.parametrize("kind", ["soft-lockup", "hang", "rcu-stall", "hard-lockup"])
@pytest.mark.parametrize("uptime_s", [13.0, 51.0, 53.0, 70.0])
def test_a_stall_of_a_host_that_stood_still_is_ours(kind: str, uptime_s: float) -> None:
    verdict, (finding,) = verdict_of(STOPPED, splats=(stall(uptime_s, kind),))
    assert verdict is Verdict.INFRASTRUCTURE and verdict.exit_code == 3
    assert finding.fault is Fault.OURS
    assert finding.host == "the host stood still for 40 s"
    verdict, (finding,) = verdict_of(NORMAL, splats=(stall(uptime_s, kind),))
    assert (verdict, finding.fault, finding.host) == (Verdict.HANG, Fault.KERNEL, "")


@pytest.mark.parametrize("uptime_s", [9.0, 76.0])
def test_a_stall_long_before_or_after_is_the_kernels(uptime_s: float) -> None:
    verdict, (finding,) = verdict_of(STOPPED, splats=(stall(uptime_s),))
    assert (verdict, finding.fault, finding.host) == (Verdict.HANG, Fault.KERNEL, "")


def test_a_stall_without_a_time_may_be_ours() -> None:
    splat = replace(stall(1.0), lines=("BUG: soft lockup - CPU#1 stuck for 39s! [x:1]",))
    assert verdict_of(STOPPED, splats=(splat,))[0] is Verdict.INFRASTRUCTURE
    boot = replace(STOPPED, uptime_s=None)
    assert verdict_of(boot, splats=(stall(1.0),))[0] is Verdict.INFRASTRUCTURE


def test_a_cpu_may_stay_down_for_want_of_the_hosts_time() -> None:
    green = green_evidence()
    given = LogRecord(99, 6, 0, "CPU topo: Allowing 3 present CPUs plus 0 hotplug CPUs")
    down = (replace(green.guest.nodes[0], cpus=(0,)), *green.guest.nodes[1:])
    changes = {"guest": replace(green.guest, nodes=down), "log": KernelLog((given,))}
    verdict, findings = verdict_of(STOPPED, **changes)
    assert (verdict, findings[0].fault) == (Verdict.INFRASTRUCTURE, Fault.OURS)
    verdict, findings = verdict_of(NORMAL, **changes)
    assert (verdict, findings[0].fault) == (Verdict.FAIL, Fault.KERNEL)


def test_a_deadline_counts_if_the_host_gave_the_time() -> None:
    at_deadline: dict[str, Any] = {"ending": Ending.DEADLINE}
    for cut_short, verdict, fault in (
        (True, Verdict.INFRASTRUCTURE, Fault.OURS),
        (False, Verdict.HANG, Fault.KERNEL),
    ):
        host = replace(STOPPED, cut_short=cut_short)
        got, findings = verdict_of(host, outcome=at_deadline)
        assert (got, findings[0].check, findings[0].fault) == (verdict, "ending", fault)
    assert verdict_of(NORMAL, outcome=at_deadline)[0] is Verdict.HANG


def test_a_case_that_failed_while_the_host_stood_still_says_nothing() -> None:
    assert verdict_of(STOPPED, ktap=failed(SUITES[0]))[0] is Verdict.INFRASTRUCTURE
    assert verdict_of(STOPPED, ktap=failed(SUITES[1]))[0] is Verdict.FAIL
    assert verdict_of(NORMAL, ktap=failed(SUITES[0]))[0] is Verdict.FAIL


def test_it_hides_no_crash_and_no_failure() -> None:
    verdict, findings = verdict_of(STOPPED, splats=(stall(51.0), OOPS))
    assert verdict is Verdict.CRASH
    assert [finding.title for finding in findings] == ["Oops in g", "BUG: soft lockup in f"]
    assert findings[1].host and not findings[0].host
    warning = replace(OOPS, kind="WARNING", title="WARNING in g")
    assert verdict_of(STOPPED, splats=(stall(51.0), warning))[0] is Verdict.FAIL
    late = replace(stall(76.0), title="BUG: soft lockup in h")
    assert verdict_of(STOPPED, splats=(stall(51.0), late))[0] is Verdict.HANG
    both = {"splats": (stall(51.0),), "ktap": failed(SUITES[1])}
    assert verdict_of(STOPPED, **both)[0] is Verdict.FAIL


def test_a_reset_is_a_crash_on_any_host() -> None:
    assert verdict_of(STOPPED, outcome={"ending": Ending.RESET})[0] is Verdict.CRASH


def test_what_never_came_is_infrastructure_with_it_and_never_green() -> None:
    """A hang leaves cases without results, which alone would be incomplete."""
    host = replace(STOPPED, cut_short=True)
    cut = Ktap((suite(SUITES[0], TestResult.PASSED, TestResult.CRASHED),))
    got, _ = verdict_of(host, outcome={"ending": Ending.DEADLINE}, ktap=cut)
    assert got is Verdict.INFRASTRUCTURE
    assert verdict_of(STOPPED, ktap=cut)[0] is Verdict.INCOMPLETE


def test_a_green_run_on_such_a_host_is_green() -> None:
    assert verdict_of(STOPPED) == (Verdict.PASS, ())
