# SPDX-License-Identifier: GPL-2.0-only
"""Each way a run can be less than green: the verdict, the check that says so, and its words."""

from __future__ import annotations

from typing import Any

import pytest
from green_case import (
    CPULESS,
    EVENTS,
    NODES,
    SUITES,
    created,
    damaged,
    event,
    events,
    green_evidence,
    green_plan,
    judged,
    newtask,
    results,
    suite,
    with_splat,
    work,
)
from msgspec.structs import replace

from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.judge.checks import CHECKS
from orchestrator.judge.checks.splats import verdict_of
from orchestrator.model import rundir
from orchestrator.model.evidence import (
    Ending,
    Evidence,
    KernelLog,
    KtapTest,
    LogRecord,
    SuiteRun,
    TestResult,
    Trace,
)
from orchestrator.model.topology import GuestNode
from orchestrator.model.verdict import Fault, Verdict
from orchestrator.parse.splat_rules import RULES

PASSED, FAILED, SKIPPED, CRASHED = (
    TestResult.PASSED,
    TestResult.FAILED,
    TestResult.SKIPPED,
    TestResult.CRASHED,
)
CREATE, WORK = SUITES
GOOD_CREATE, GOOD_WORK = suite(CREATE, PASSED), suite(WORK, PASSED)
RUNS = green_evidence().guest.suites


def node(number: int, **changes: Any) -> Evidence:
    """The guest reports one node differently."""
    nodes = tuple(replace(n, **changes) if n.id == number else n for n in NODES)
    return damaged("guest", nodes=nodes)


def told_of(count: int, evidence: Evidence) -> Evidence:
    """The kernel's log says how many CPUs it was given."""
    text = f"CPU topo: Allowing {count} present CPUs plus 0 hotplug CPUs"
    records = (*evidence.log.records, LogRecord(99, 6, 11212, text))
    return replace(evidence, log=KernelLog(records))


def tried(cpu: int, evidence: Evidence) -> Evidence:
    """An arm64 kernel's log says that this CPU was given to it, and did not come."""
    text = f"CPU{cpu}: failed to come online"
    records = (*evidence.log.records, LogRecord(99, 2, 11212, text))
    return replace(evidence, log=KernelLog(records))


def second_run(run: SuiteRun) -> Evidence:
    return damaged("guest", suites=(RUNS[0], run))


def test_the_green_case_is_green() -> None:
    assert judged(green_evidence()) == (Verdict.PASS, ())
    for check in CHECKS:
        assert list(check(Case(green_plan(), green_evidence()))) == []


# what → (evidence, verdict, check, fault, a part of the title)
MUTATIONS: dict[str, tuple[Evidence, Verdict, str, Fault, str]] = {
    "reset": (
        damaged("outcome", ending=Ending.RESET),
        Verdict.CRASH, "ending", Fault.KERNEL, "reset itself",
    ),
    "panic": (
        damaged("outcome", ending=Ending.PANIC),
        Verdict.CRASH, "ending", Fault.KERNEL, "panicked",
    ),
    "deadline": (
        damaged("outcome", ending=Ending.DEADLINE),
        Verdict.HANG, "ending", Fault.KERNEL, "hung",
    ),
    "QEMU died": (
        damaged("outcome", ending=Ending.QEMU_DIED),
        Verdict.INFRASTRUCTURE, "ending", Fault.OURS, "QEMU ended",
    ),
    "interrupted": (
        damaged("outcome", ending=Ending.INTERRUPTED),
        Verdict.INCOMPLETE, "ending", Fault.OURS, "interrupted",
    ),
    "no begin marker": (
        damaged("guest", begun=False),
        Verdict.INCOMPLETE, "ending", Fault.KERNEL, "before its init",
    ),
    "no end marker": (
        damaged("guest", ended=False),
        Verdict.INCOMPLETE, "ending", Fault.KERNEL, "before its end marker",
    ),
    "complaint": (
        damaged("guest", complaints=("error mount failed",)),
        Verdict.INCOMPLETE, "channels", Fault.TEST, "complained",
    ),
    "no kmsg": (
        replace(green_evidence(), log=KernelLog()),
        Verdict.INCOMPLETE, "channels", Fault.OURS, "did not come through",
    ),
    "lost log records": (
        damaged("log", lost=3),
        Verdict.INCOMPLETE, "channels", Fault.OURS, "3 records",
    ),
    "lost trace events, as the trace says": (
        damaged("trace", lost=4),
        Verdict.INCOMPLETE, "channels", Fault.OURS, "4 trace events",
    ),
    "lost trace events, as the guest says": (
        damaged("guest", trace_lost=5),
        Verdict.INCOMPLETE, "channels", Fault.OURS, "5 trace events",
    ),
    "no trace": (
        replace(green_evidence(), trace=Trace(ended=True)),
        Verdict.INCOMPLETE, "channels", Fault.OURS, "no thread created",
    ),
    "trace cut off": (
        damaged("trace", ended=False),
        Verdict.INCOMPLETE, "channels", Fault.OURS, "trace did not come through",
    ),
    "log overwritten before it was read": (
        damaged("log", records=green_evidence().log.records[1:]),
        Verdict.INCOMPLETE, "channels", Fault.OURS, "1 records",
    ),
    "suite never started": (
        damaged("guest", suites=RUNS[:1]),
        Verdict.INCOMPLETE, "suites", Fault.KERNEL, f"{WORK} never started",
    ),
    "suite never ended": (
        second_run(SuiteRun(WORK, None, 1.5, None)),
        Verdict.INCOMPLETE, "suites", Fault.KERNEL, f"{WORK} never came back",
    ),
    "insmod failed": (
        second_run(SuiteRun(WORK, 1, 1.5, 1.6)),
        Verdict.INCOMPLETE, "suites", Fault.TEST, f"{WORK} could not be loaded",
    ),
    "no results of a suite": (
        results(GOOD_CREATE),
        Verdict.INCOMPLETE, "suites", Fault.KERNEL, f"{WORK} left no results",
    ),
    "plan not met": (
        results(GOOD_CREATE, replace(GOOD_WORK, planned=2)),
        Verdict.INCOMPLETE, "suites", Fault.KERNEL, f"{WORK} left 1 of 2",
    ),
    "more than planned": (
        results(GOOD_CREATE, suite(WORK, PASSED, PASSED, planned=1)),
        Verdict.INCOMPLETE, "suites", Fault.KERNEL, f"{WORK} left 2 of 1",
    ),
    "no plan": (
        results(GOOD_CREATE, replace(GOOD_WORK, planned=None)),
        Verdict.INCOMPLETE, "suites", Fault.KERNEL, f"{WORK} left 1",
    ),
    "a suite without cases": (
        results(GOOD_CREATE, KtapTest(WORK, PASSED, 20, 2, planned=0)),
        Verdict.INCOMPLETE, "suites", Fault.KERNEL, f"{WORK} left 0",
    ),
    "failed case": (
        results(GOOD_CREATE, suite(WORK, PASSED, FAILED)),
        Verdict.FAIL, "ktap", Fault.KERNEL, f"{WORK}.case_2 failed",
    ),
    "failed case, deeper": (
        results(GOOD_CREATE, replace(GOOD_WORK, children=(suite("param", FAILED),))),
        Verdict.FAIL, "ktap", Fault.KERNEL, f"{WORK}.param.case_1 failed",
    ),
    "failed suite init": (
        results(GOOD_CREATE, replace(GOOD_WORK, result=FAILED)),
        Verdict.FAIL, "ktap", Fault.KERNEL, f"{WORK} failed",
    ),
    "failed suite exit beside a skipped case": (
        results(GOOD_CREATE, suite(WORK, PASSED, SKIPPED, result=FAILED)),
        Verdict.FAIL, "ktap", Fault.KERNEL, f"{WORK} failed",
    ),
    "crashed case": (
        results(GOOD_CREATE, suite(WORK, PASSED, CRASHED)),
        Verdict.INCOMPLETE, "ktap", Fault.KERNEL, f"{WORK}.case_2 started and never ended",
    ),
    "crashed suite, its cases all passed": (
        results(GOOD_CREATE, suite(WORK, PASSED, result=CRASHED)),
        Verdict.INCOMPLETE, "ktap", Fault.KERNEL, f"{WORK} started and never ended",
    ),
    "failed case of a suite nobody asked for": (
        results(GOOD_CREATE, GOOD_WORK, suite("kunit_other", FAILED)),
        Verdict.FAIL, "ktap", Fault.KERNEL, "kunit_other.case_1 failed",
    ),
    "damaged KTAP": (
        results(GOOD_CREATE, GOOD_WORK, errors=("line 3: odd",)),
        Verdict.INCOMPLETE, "ktap", Fault.TEST, "damaged: line 3: odd",
    ),
    "everything skipped": (
        results(suite(CREATE, SKIPPED, SKIPPED), suite(WORK, SKIPPED)),
        Verdict.SKIP, "ktap", Fault.TEST, "all 3 cases were skipped",
    ),
    "a node too few": (
        damaged("guest", nodes=NODES[:2]),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "nodes [0, 1] instead of [0, 1, 2]",
    ),
    "a node too many": (
        damaged("guest", nodes=(*NODES, GuestNode(3, (), 0, (30, 30, 30, 10)))),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "instead of [0, 1, 2]",
    ),
    "no nodes reported": (
        damaged("guest", nodes=()),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "no nodes",
    ),
    "a CPU that the kernel was given is down": (
        told_of(3, node(0, cpus=(0,))),
        Verdict.FAIL, "guest-view", Fault.KERNEL, "did not bring up CPU 1, which",
    ),
    "a CPU that the kernel tried in vain": (
        tried(1, node(0, cpus=(0,))),
        Verdict.FAIL, "guest-view", Fault.KERNEL, "did not bring up CPU 1, which",
    ),
    "another CPU that the kernel tried in vain": (
        tried(2, node(0, cpus=(0,))),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "node 0 has CPUs [0] instead of [0, 1]",
    ),
    "a CPU that the kernel was not given": (
        told_of(2, node(0, cpus=(0,))),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "node 0 has CPUs [0] instead of [0, 1]",
    ),
    "a CPU down and another in another node": (
        told_of(3, node(0, cpus=(2,))),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "node 0 has CPUs [2] instead of [0, 1]",
    ),
    "a CPU in another node": (
        node(0, cpus=(0,)),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "node 0 has CPUs [0] instead of [0, 1]",
    ),
    "a node with too much memory": (
        node(CPULESS, mem_kib=512 << 10),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "node 2 has 512 MiB instead of 256",
    ),
    "a node with too little memory": (
        node(0, mem_kib=256 << 10),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "node 0 has 256 MiB instead of 512",
    ),
    "a node without its memory": (
        node(1, mem_kib=0),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "node 1 has 0 MiB instead of 512",
    ),
    "another distance": (
        node(1, distances=(20, 10, 20)),
        Verdict.INFRASTRUCTURE, "guest-view", Fault.OURS, "node 1 is (20, 10, 20) away",
    ),
    "clone flag lost": (
        events(*EVENTS, newtask(200, 12, "800500")),
        Verdict.FAIL, "clone-flags", Fault.KERNEL, "without CLONE_FS)",
    ),
    "clone flag added": (
        events(*EVENTS, newtask(200, 12, "800f00")),
        Verdict.FAIL, "clone-flags", Fault.KERNEL, "with 0x800 added",
    ),
    "clone flags unreadable": (
        events(*EVENTS, newtask(200, 12, "VM|FS")),
        Verdict.FAIL, "clone-flags", Fault.KERNEL, "unreadable",
    ),
    "thread created twice": (
        events(*EVENTS, newtask(101, 12)),
        Verdict.FAIL, "creation", Fault.KERNEL, "exactly once",
    ),
    "thread not created by kthreadd": (
        events(*EVENTS[:4], newtask(102, 5, by=90), *EVENTS[5:]),
        Verdict.FAIL, "creation", Fault.KERNEL, "not created by kthreadd",
    ),
    "request without an answer": (
        events(*EVENTS, event("orch_request", 90, 12, id="4", node="0")),
        Verdict.FAIL, "creation", Fault.KERNEL, "a request was not answered",
    ),
    "request answered twice": (
        events(*EVENTS, created(3, 0, 12, err="-4")),
        Verdict.FAIL, "creation", Fault.KERNEL, "a request was not answered exactly once",
    ),
    "work off its node": (
        events(*EVENTS, work(1, 0, 12), work(0, 1, 13)),
        Verdict.FAIL, "work-cpu", Fault.KERNEL, "off their worker's node (2 times)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", MUTATIONS)
def test_one_damage_is_told(what: str) -> None:
    evidence, verdict, check, fault, words = MUTATIONS[what]
    got, findings = judged(evidence)
    assert got is verdict, findings
    told = [f for f in findings if f.check == check and words in f.title]
    assert told, [finding.title for finding in findings]
    assert {(f.verdict, f.fault) for f in told} == {(verdict, fault)}
    assert "\n" not in told[0].title


def test_every_bad_ending_is_in_the_table() -> None:
    tried = {evidence.outcome.ending for evidence, *_ in MUTATIONS.values()}
    assert tried == set(Ending)


FAIL_KINDS = {"WARNING", "UBSAN", "KCSAN", "lockdep", "refcount", "memory-leak", "atomic-sleep"}
HANG_KINDS = {"hang", "rcu-stall", "soft-lockup", "hard-lockup"}
KINDS = sorted({rule.kind for rule in RULES} | {"panic", "reboot", "a kind of the future"})


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_splat_is_a_finding(kind: str) -> None:
    expected = Verdict.CRASH
    if kind in FAIL_KINDS:
        expected = Verdict.FAIL
    elif kind in HANG_KINDS:
        expected = Verdict.HANG
    verdict, findings = judged(with_splat(kind))
    assert verdict is expected
    assert [(f.check, f.verdict, f.fault) for f in findings] == [("splats", expected, Fault.KERNEL)]
    assert [(line.file, line.line) for line in findings[0].evidence] == [
        ("dmesg.log", 7),
        ("dmesg.log", 8),
    ]


def test_kinds_that_are_judged_apart_are_kinds_the_parser_knows() -> None:
    assert set(KINDS) >= FAIL_KINDS | HANG_KINDS


def test_a_fatal_warning_is_a_crash_and_a_fatal_stall_a_hang() -> None:
    assert verdict_of("WARNING", fatal=True) is Verdict.CRASH
    assert verdict_of("WARNING", fatal=False) is Verdict.FAIL
    assert verdict_of("rcu-stall", fatal=True) is Verdict.HANG


def test_a_case_that_was_asked_for_alone_ran_alone() -> None:
    """Otherwise KUnit took no filter, and what is said is not of that case."""
    lone = suite("orch_create", TestResult.PASSED)
    evidence = damaged("ktap", tests=(lone,))
    plan = {"suites": ("orch_create",), "case": "case_1"}
    assert judged(evidence, **plan)[0] is Verdict.PASS, judged(evidence, **plan)
    for case in ("case_2", "case"):
        verdict, (finding,) = judged(evidence, **{**plan, "case": case})
        assert verdict is Verdict.INCOMPLETE
        assert (finding.check, finding.fault) == ("suites", Fault.OURS)
    both = suite("orch_create", TestResult.PASSED, TestResult.PASSED)
    assert judged(damaged("ktap", tests=(both,)), **plan)[0] is Verdict.INCOMPLETE
    assert judged(damaged("ktap", tests=()), **plan)[0] is Verdict.INCOMPLETE


@pytest.mark.parametrize("plan", [{"strict_affinity": False}, {"numa": False}])
def test_where_affinity_is_not_promised_a_work_may_stray(plan: dict[str, bool]) -> None:
    evidence = events(*EVENTS, work(1, 0, 12))
    assert "work-cpu" in {f.check for f in judged(evidence)[1]}
    assert "work-cpu" not in {f.check for f in judged(evidence, **plan)[1]}


def test_works_of_a_node_without_cpus_may_execute_anywhere() -> None:
    evidence = events(*EVENTS, work(CPULESS, 1, 12), work(-1, 0, 13))
    assert judged(evidence) == (Verdict.PASS, ())


def flat(cpus: tuple[int, ...] = (0, 1, 2), mem_mib: int = 1200) -> Evidence:
    return damaged("guest", nodes=(GuestNode(0, cpus, mem_mib << 10, (10,)),))


def test_without_numa_one_node_holds_everything() -> None:
    assert judged(flat(), numa=False) == (Verdict.PASS, ())
    for wrong, words in ((flat(cpus=(0,)), "1 CPUs"), (flat(mem_mib=700), "700 MiB")):
        verdict, findings = judged(wrong, numa=False)
        assert verdict is Verdict.INFRASTRUCTURE
        assert words in findings[0].title


def test_memory_a_configuration_holds_is_not_missed() -> None:
    """KASAN's shadow is taken from some node; a node that lacks more is still told."""
    verdict, _ = judged(flat(mem_mib=980), numa=False)
    assert verdict is Verdict.INFRASTRUCTURE
    assert judged(flat(mem_mib=980), numa=False, held_mib=160) == (Verdict.PASS, ())
    verdict, _ = judged(flat(mem_mib=700), numa=False, held_mib=160)
    assert verdict is Verdict.INFRASTRUCTURE


def test_default_distances_are_checked_too() -> None:
    topology = replace(green_plan().topology, distances=())
    verdict, findings = judged(green_evidence(), topology=topology)  # the guest shows 30s
    assert (verdict, findings[0].check) == (Verdict.INFRASTRUCTURE, "guest-view")
    near = tuple(
        replace(n, distances=tuple(10 if i == n.id else 20 for i in range(3))) for n in NODES
    )
    assert judged(damaged("guest", nodes=near), topology=topology) == (Verdict.PASS, ())


def test_evidence_is_cut_and_points_into_its_file() -> None:
    stray = [work(1, 0, 100 + line) for line in range(MAX_LINES + 5)]
    _, findings = judged(events(*EVENTS, *stray))
    lines = findings[0].evidence
    assert len(lines) == MAX_LINES
    assert (lines[0].file, lines[0].line) == (rundir.TRACE, 100)
    assert "asked=1" in lines[0].text


def test_an_ending_names_the_suite_that_ran() -> None:
    evidence = replace(
        second_run(SuiteRun(WORK, None, 1.5, None)),
        outcome=replace(green_evidence().outcome, ending=Ending.DEADLINE, detail="step deadline"),
    )
    verdict, findings = judged(evidence)
    assert verdict is Verdict.HANG
    assert findings[0].evidence[0].text == (
        f"deadline after 3.0 s, step deadline, while {WORK} ran"
    )


def test_what_others_than_kthreadd_create_is_not_judged() -> None:
    """Init's own children have flags of their own and no request."""
    evidence = events(*EVENTS, newtask(300, 12, "1200000", by=77), newtask(101, 13, "11", by=1))
    assert judged(evidence) == (Verdict.PASS, ())
