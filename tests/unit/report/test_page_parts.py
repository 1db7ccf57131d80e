# SPDX-License-Identifier: GPL-2.0-only
"""Parts of a run's page: axes, strips, threads, placement, time, cases."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.judge.why import why_verdict
from orchestrator.model.evidence import (
    Ending,
    Evidence,
    GuestReport,
    Ktap,
    KtapTest,
    Placement,
    Splat,
    SuiteRun,
    TestResult,
    Trace,
    TraceEvent,
    VmOutcome,
)
from orchestrator.model.host_time import HostTime, Starved
from orchestrator.model.job import Plan, RunResult, StageTime
from orchestrator.model.run_page import FileCoverage, LogLine, RunPage
from orchestrator.model.topology import Node, Topology
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict
from orchestrator.report import page_cases, page_events
from orchestrator.report.page_axis import (
    BINS,
    HEIGHT,
    Axis,
    axis_of,
    columns,
    counted,
    spans,
    strip,
)
from orchestrator.report.page_cases import suites_shown
from orchestrator.report.page_events import MOST_THREADS, events_shown
from orchestrator.report.page_placement import MOST_NODES, SHADES, heats
from orchestrator.report.page_time import boot_log, machine_shown, stages_shown
from orchestrator.report.run_page import missed, ms, run_page, size
from orchestrator.report.trace_threads import cases_of, threads_of, timed

TIMES = st.floats(0, 1e6, allow_nan=False)


def event(time_s: float, what: str, pid: int = 7, cpu: int = 0, **fields: object) -> TraceEvent:
    pairs = tuple((key, str(value)) for key, value in fields.items())
    return TraceEvent(time_s, cpu, "task", pid, what, pairs)


@given(TIMES, st.floats(1e-6, 1e6))
def test_ticks_are_few_and_inside(start: float, length: float) -> None:
    axis = Axis(start, start + length)
    if axis.end <= axis.start:
        return
    ticks = axis.ticks()
    assert len(ticks) <= 8 and ticks == sorted(ticks)
    slack = 1e-6 * max(1.0, axis.end)
    assert all(axis.start - slack <= tick <= axis.end + slack for tick in ticks)


@given(st.lists(TIMES, min_size=1))
def test_no_event_is_lost_between_the_bins(times: list[float]) -> None:
    axis = axis_of(times)
    assert axis is not None
    bins = counted(axis, times)
    assert (len(bins), sum(bins)) == (BINS, len(times))
    path = columns(bins, max(bins))
    assert path.count("M") == sum(1 for count in bins if count)
    heights = [float(top) for top in re.findall(r"V([\d.]+)", path)]
    assert all(0 <= top < HEIGHT for top in heights)


def test_one_event_is_seen_beside_a_hundred_thousand() -> None:
    bins = [0] * BINS
    bins[3], bins[9] = 1, 100_000
    low, high = (float(top) for top in re.findall(r"V([\d.]+)", columns(bins, max(bins))))
    assert high == 0 and HEIGHT - low >= 2


@given(st.lists(st.tuples(TIMES, TIMES).map(lambda pair: (min(pair), max(pair))), max_size=30))
def test_spans_cover_all_that_they_are_made_of(between: list[tuple[float, float]]) -> None:
    axis = Axis(0, 1e6)
    drawn = [(int(a), int(b)) for a, b in re.findall(r"M(\d+) \d+H(\d+)", spans(axis, between))]
    for start, end in between:
        first, last = axis.bin(start), axis.bin(end)
        assert any(a <= first and last < b for a, b in drawn)
    assert all(b < c for (_, b), (c, _) in itertools.pairwise(drawn)), "apart"


def test_an_axis_of_nothing_and_of_one_moment() -> None:
    assert axis_of([]) is None and axis_of([math.nan, math.inf]) is None
    axis = axis_of([2.0])
    assert axis and axis.bin(2.0) == 0 and len(axis.ticks()) <= 8
    assert "<path" not in strip(("n", ""))


def test_a_thread_is_followed_from_its_request_to_its_end() -> None:
    events = [
        event(1.0, "orch_request", id=3, suite="s", kind="worker", node=2, name="orch_long_name"),
        TraceEvent(1.1, 0, "kthreadd", 2, "task_newtask", (("pid", "90"), ("comm", "orch_long"))),
        TraceEvent(1.2, 0, "task", 7, "orch_created", (("id", "3"), ("pid", "90"))),
        TraceEvent(1.3, 1, "orch_long", 90, "orch_placed",
                   (("id", "3"), ("pid", "90"), ("asked", "2"), ("task_node", "2"),
                    ("stack_node", "2"), ("cpu", "1"), ("cpu_node", "1"),
                    ("name", "orch_long_name"))),
        event(1.4, "sched_kthread_work_execute_start", pid=90),
        event(1.5, "sched_kthread_work_execute_end", pid=90),
        event(1.6, "sched_kthread_work_execute_start", pid=90),
        TraceEvent(1.7, 0, "task", 7, "sched_kthread_stop", (("comm", "orch_long"), ("pid", "90"))),
    ]  # fmt: skip
    thread = next(one for one in threads_of(events) if one.pid == 90)
    assert (thread.name, thread.kind, thread.suite, thread.asked) == (
        "orch_long_name", "worker", "s", 2,
    )  # fmt: skip
    assert thread.landed == (2, 2, 1, 1) and thread.off_node
    assert thread.works == [(1.4, 1.5), (1.6, None)]
    assert (thread.made_s, thread.stop_s, thread.span) == (1.1, 1.7, (1.1, 1.7))


def test_a_pid_that_is_made_again_is_another_thread() -> None:
    made = [TraceEvent(t, 0, "kthreadd", 2, "task_newtask", (("pid", "9"), ("comm", name)))
            for t, name in ((1.0, "first"), (2.0, "second"))]  # fmt: skip
    found = threads_of([made[0], event(1.5, "x", pid=9), made[1], event(2.5, "x", pid=9)])
    assert [(one.name, len(one.events)) for one in found if one.pid == 9] == [
        ("first", 1), ("second", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "-", "x", "1x", "٣", "9" * 30, "-0", "0"])
def test_a_field_that_is_no_pid_makes_no_thread(text: str) -> None:
    events = [event(1.0, "sched_kthread_stop", pid=7)._replace(fields=(("pid", text),))]
    assert [one.pid for one in threads_of(events)] == [7]


def test_events_without_a_time_are_left_out_and_others_sorted() -> None:
    events = [event(2, "b"), event(math.nan, "n"), event(1, "a"), event(math.inf, "i")]
    assert [one.event for one in timed(events)] == ["a", "b"]
    assert events_shown([], []) is None


def test_what_is_left_out_is_told_and_who_is_off_node_is_not() -> None:
    quiet = [event(1 + n / 1000, "x", pid=100 + n, cpu=n % 3) for n in range(3 * MOST_THREADS)]
    off = TraceEvent(2.0, 0, "strayed", 5000, "orch_placed",
                     (("id", "1"), ("pid", "5000"), ("asked", "1"), ("task_node", "0"),
                      ("stack_node", "0"), ("cpu", "0"), ("cpu_node", "0"),
                      ("name", "strayed")))  # fmt: skip
    shown = events_shown([*quiet, off], [])
    assert shown and len(shown.threads) == MOST_THREADS
    assert shown.left_out == (f"{2 * MOST_THREADS + 1} of {3 * MOST_THREADS + 1} threads",)
    strayed = next(row for row in shown.threads if row.name == "strayed 5000")
    assert strayed.odd and "node 1 → node 0" in strayed.said
    assert [row.name for row in shown.cpus] == ["CPU 0", "CPU 1", "CPU 2"]
    assert sum(int(row.said) for row in shown.cpus) == shown.total == len(quiet) + 1


def test_many_cpus_are_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_events, "MOST_CPUS", 2)
    shown = events_shown([event(n, "x", cpu=n) for n in range(5)], [])
    assert shown and len(shown.cpus) == 2 and shown.left_out == ("3 of 5 CPUs",)


def test_a_case_that_never_ended_is_odd() -> None:
    events = [event(1, "orch_case", suite="s", case="a", param="-"),
              event(2, "orch_case_end", suite="s", case="a", param="-"),
              event(3, "orch_case", suite="s", case="b", param="node1"),
              event(3.5, "orch_case_end", suite="s", case="other", param="-")]  # fmt: skip
    cases = cases_of(events)
    assert [(case.path, case.end_s) for case in cases] == [("s.a", 2), ("s.b.node1", None)]
    shown = events_shown(events, cases, marks=(1.5, None))
    assert shown and shown.cases and shown.cases.odd
    assert shown.cases.said == "2, 1 not ended" and 'class="bad"' in shown.cases.strip
    assert 'class="mark"' in shown.cases.strip


def placed(asked: int, got: int) -> Placement:
    return Placement("s", "t", asked, got, got, 0, got)


def test_placement_counts_who_got_what_they_asked_for() -> None:
    found = heats([placed(0, 0), placed(0, 1), placed(1, 1), placed(-1, 0)], ())
    assert [heat.title for heat in found] == ["task_struct", "stack", "CPU, first run"]
    heat = found[0]
    assert heat.told == "2 of 3 that asked for a node got it"
    assert [row[0] for row in heat.rows] == ["any", "node 0", "node 1"]
    states = [[cell.state for cell in cells] for _, cells, _ in heat.rows]
    assert states == [["", ""], ["here", "away"], ["", "here"]]
    assert heat.elsewhere == ((0, 1, 1),)
    assert all(0 <= cell.shade <= SHADES for _, cells, _ in heat.rows for cell in cells)
    assert all((cell.shade > 0) == (cell.count > 0) for _, cells, _ in heat.rows for cell in cells)


def test_works_have_a_table_of_their_own_and_nothing_has_none() -> None:
    assert heats((), ()) == ()
    (heat,) = heats(
        (), [event(1, "orch_work", asked=1, cpu_node=1), event(2, "orch_work", cpu_node=1)]
    )
    assert heat.title == "CPU, works"
    assert heat.told == "1 of 1 that asked for a node got it"


def test_many_nodes_are_drawn() -> None:
    nodes = MOST_NODES + 1
    found = heats([placed(n, n) for n in range(nodes)] + [placed(0, 5)] * 3, ())
    assert found[0].drawing and found[0].drawing.count("<rect") == nodes + 1
    assert 'aria-label="task_struct: ' in found[0].drawing
    assert heats([placed(n, n) for n in range(MOST_NODES)], ())[0].drawing is None


def test_stages_follow_one_another() -> None:
    cached = StageTime("module", 0.0, True)
    shown = stages_shown([StageTime("build", 3.0), cached, StageTime("boot", 1)])
    assert [stage.name for stage in shown] == ["build", "module", "boot"]
    assert 'd="M0 8H' in shown[0].strip and "<path" not in shown[1].strip
    assert f"H{BINS}" in shown[2].strip
    assert stages_shown([]) == []
    assert "<svg" in stages_shown([StageTime("x", 0.0)])[0].strip


def evidence(uptime_s: float | None, *suites: SuiteRun) -> Evidence:
    starved = (Starved(1.0, 2.0, 0.1),)
    host = HostTime(uptime_s=uptime_s, starved=starved)
    return Evidence(VmOutcome(Ending.POWER_OFF, 0, 10.0, host=host), GuestReport(suites=suites))


def test_suites_stand_where_they_ran() -> None:
    assert machine_shown(evidence(1.0)) is None
    shown = machine_shown(evidence(1.0, SuiteRun("s", 0, 6.0, 8.5), SuiteRun("t", None, 9.0, None)))
    assert shown and shown.host and shown.starved
    assert (shown.axis.start, shown.axis.end) == (0.0, 10.0)
    assert f"M{BINS // 2} " in shown.suites["s"].strip
    assert not shown.suites["t"].ended and 'class="bad"' in shown.suites["t"].strip
    guest = machine_shown(evidence(None, SuiteRun("s", 0, 6.0, 8.0)))
    assert guest and not guest.host and guest.axis.end == 8.0


def test_the_log_tells_its_longest_silences() -> None:
    log = [LogLine(0.0, 6, "first"), LogLine(0.5, 3, "loud"), LogLine(0.505, 6, "x"),
           LogLine(2.5, 6, "Run /init as init process"), LogLine(2.6, 6, "last")]  # fmt: skip
    shown = boot_log(log, (1.0, None))
    assert shown and shown.init_s == 2.5 and shown.lines == 5
    assert [(round(gap.length_s, 3), gap.before) for gap in shown.gaps] == [
        (1.995, "x"), (0.5, "first"), (0.1, "Run /init as init process"),
    ]  # fmt: skip
    assert 'class="loud"' in shown.strip
    assert boot_log(log[:1], ()) is None


def test_bad_cases_are_never_left_out_for_good_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cases, "MOST_CASES", 2)
    good = [KtapTest(f"ok{n}", TestResult.PASSED, n) for n in range(5)]
    bad = KtapTest("bad", TestResult.FAILED, 9, diagnostics=("why",) * 40)
    group = KtapTest("group", TestResult.FAILED, 10, children=(good[0],))
    whole = KtapTest("s", TestResult.FAILED, 11, children=(*good, bad, group))
    (suite,) = suites_shown([whole], [])
    assert [row.path for row in suite.shown] == ["bad", "group"]
    assert (suite.left_out, suite.bad) == (6, 2)
    assert len(suite.shown[0].said) + suite.shown[0].more_said == 40


def test_cases_have_their_times_and_reasons() -> None:
    tests = [KtapTest("s", TestResult.PASSED, 3, children=(
        KtapTest("a", TestResult.PASSED, 1),
        KtapTest("b", TestResult.SKIPPED, 2, directive="no KVM"),
    ))]  # fmt: skip
    times = cases_of([event(1, "orch_case", suite="s", case="a", param="-"),
                      event(1.25, "orch_case_end", suite="s", case="a", param="-")])  # fmt: skip
    (suite,) = suites_shown(tests, times)
    assert [(row.word, row.took_s, row.said) for row in suite.shown] == [
        ("ok", 0.25, ()), ("skipped", None, ("no KVM",)),
    ]  # fmt: skip
    (silent,) = suites_shown([KtapTest("s", TestResult.CRASHED, 1)], [])
    assert silent.bad == 1


def test_of_many_suites_the_bad_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cases, "MOST_SUITES", 2)
    monkeypatch.setattr(page_cases, "MOST_CASES", 3)
    monkeypatch.setattr(page_cases, "MOST_SAID_IN_ALL", 2)
    ok = KtapTest("ok", TestResult.PASSED, 1)
    bad = KtapTest("bad", TestResult.FAILED, 1, diagnostics=("one", "two", "three"))
    good = [KtapTest(f"g{n}", TestResult.PASSED, 2, children=(ok,) * 4) for n in range(3)]
    red = KtapTest("red", TestResult.FAILED, 2, children=(ok, bad, bad))
    shown = suites_shown([*good, red], [])
    assert [suite.name for suite in shown] == ["g0", "red"]
    assert [[row.path for row in suite.shown] for suite in shown] == [["ok"], ["bad", "bad"]]
    said = [(row.said, row.more_said) for row in shown[1].shown]
    assert said == [(("one", "two"), 1), ((), 3)]


def test_a_run_that_means_harm_makes_no_large_page() -> None:
    """All there may be of everything, each as long as it may be, and none of it as agreed upon."""
    long = "<&\u202e" * 300
    many = range(4000)
    events = [TraceEvent(n / 1e3, n, f"{long[:20]}{n}", n, f"{long}{n}", ((long, long),))
              for n in many]  # fmt: skip
    events += [event(30 + n, "orch_work", asked=n, cpu_node=7 * n) for n in many]
    cases = tuple(
        KtapTest(f"{long}{n}", TestResult.FAILED, n, diagnostics=(long,) * 9) for n in many
    )
    lines = tuple(EvidenceLine("dmesg.log", n, long) for n in range(12))
    finding = Finding("splats", Verdict.FAIL, Fault.KERNEL, long, lines, long)
    full = Evidence(
        VmOutcome(Ending.POWER_OFF, 0, 9.0),
        GuestReport(suites=tuple(SuiteRun(f"s{n}", 0, n, n + 1.0) for n in many)),
        ktap=Ktap(tuple(KtapTest(f"{long}{n}", TestResult.FAILED, n, children=cases[n : n + 2])
                        for n in many)),
        splats=(Splat("WARNING", long, 0, lines=(long,) * 5000),),
        trace=Trace(tuple(events)),
        placements=tuple(Placement(long, long, n, 3 * n, n, n, -1) for n in many),
    )  # fmt: skip
    plan = Plan("0", ("s",), Topology("t", long, (Node(0, (0,), 1),)), True, True)
    result = RunResult(Verdict.FAIL, (finding,) * 500, Path("run"), (long,) * 9, "2026", plan=plan,
                       evidence=full)  # fmt: skip
    page = RunPage(
        result, why_verdict(result, Verdict.FAIL), times=(1.0,) * 500,
        coverage=tuple(FileCoverage(f"{long}{n}", tuple((x, x % 2) for x in range(500)))
                       for n in range(1000)),
        log=tuple(LogLine(n / 1e3, 1, long) for n in many), tail=(long,) * 80,
        autopsy=(long,) * 600, files=((long, 1),) * 80,
    )  # fmt: skip
    assert len(run_page(page)) < 10_000_000


def test_lines_that_never_ran_stand_together_up_to_one_that_did() -> None:
    counts = ((3, 0), (5, 0), (6, 1), (9, 0), (12, 4))
    coverage = FileCoverage("f.c", counts, {3: "x"})
    assert missed(coverage) == [[(3, "x"), (5, "")], [(9, "")]]
    assert (coverage.run, coverage.never) == (2, (3, 5, 9))


def test_figures() -> None:
    assert [ms(None), ms(0.00042), ms(1.34)] == ["", "0.42", "1\u202f340"]
    assert [size(512), size(26_000), size(40 << 30)] == ["512 B", "25 KiB", "40 GiB"]
