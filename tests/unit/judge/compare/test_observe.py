# SPDX-License-Identifier: GPL-2.0-only
"""One run → what can be compared: nothing that changes from run to run or build to build."""

from __future__ import annotations

import pytest
from green_case import damaged, events, green_evidence, results, suite, with_splat
from msgspec.structs import replace
from runs import case_trace, result

from orchestrator.judge.compare.differ import contrast
from orchestrator.judge.compare.normal import function, pointers, template
from orchestrator.judge.compare.observe import observe
from orchestrator.model.compare import OURS, Key, Kind, Observation
from orchestrator.model.evidence import (
    Evidence,
    KtapTest,
    Leak,
    LogRecord,
    Splat,
    TestResult,
)
from orchestrator.model.verdict import Fault, Finding, Verdict


def seen(evidence: Evidence, *findings: Finding) -> Observation:
    return observe(result(evidence, *findings), "head-1")


def of(kind: Kind, observation: Observation) -> dict[Key, str]:
    return {k: said.value for k, said in observation.seen.items() if k.kind is kind}


def differ(one: Evidence, other: Evidence) -> list[Kind]:
    found = contrast([seen(one)] * 2, [seen(other)] * 2)
    return [d.kind for d in (*found.differences, *found.hints)]


def test_two_green_runs_are_the_same() -> None:
    assert differ(green_evidence(), green_evidence()) == []


def test_pids_addresses_ids_and_times_do_not_matter() -> None:
    one = events(*case_trace())
    other = events(*case_trace(pid=4711, start_s=77.0, pointer="ffff888003a1b2c0", took="90"))
    assert of(Kind.TRACE, seen(one)) and of(Kind.ORDER, seen(one)) and of(Kind.PLACE, seen(one))
    assert differ(one, other) == []


@pytest.mark.parametrize(
    ("function", "matters"),
    [
        ("orch_work_main [orch_core]", True),
        ("tell [my_test]", True),
        ("kthread_flush_work_fn", True),
        ("wait_rcu_exp_gp", False),
        ("pwq_release_workfn", False),
    ],
)
def test_works_the_kernel_has_of_its_own_do_not_matter(function: str, matters: bool) -> None:
    """RCU queues one where it is in a hurry, and any case may be the one in which it is."""
    begin, *rest = case_trace()
    fields = (("struct", "0a"), ("function", function), ("worker", "0b"))
    queued = begin._replace(event="sched_kthread_work_queue_work", pid=0, fields=fields)
    told = differ(events(begin, *rest), events(begin, queued, *rest))
    assert told == ([Kind.TRACE] if matters else [])


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"flags": "800300"}, Kind.TRACE),
        ({"stack": "0"}, Kind.PLACE),
        ({"work": "g"}, Kind.TRACE),
    ],
)
def test_what_a_thread_does_and_gets_does(change: dict[str, str], kind: Kind) -> None:
    assert kind in differ(events(*case_trace()), events(*case_trace(**change)))


def test_clones_of_a_function_do_not_matter() -> None:
    one, other = case_trace(work="f.constprop.0"), case_trace(work="f.isra.0.cold")
    assert differ(events(*case_trace(work="f")), events(*one)) == []
    assert differ(events(*one), events(*other)) == []


def test_every_parameter_of_a_case_is_looked_at() -> None:
    """The last one's events once stood for all."""

    def both(first_stack: str) -> Evidence:
        first = case_trace(param="node0", stack=first_stack)
        return events(*first, *case_trace(param="node1", pid=200, start_s=9.0))

    assert differ(both("1"), both("1")) == []
    assert differ(both("1"), both("0")) == [Kind.PLACE]


def test_an_odd_number_is_no_pid() -> None:
    """str.isdigit() takes "²", int() does not; nor more than 4300 digits."""
    for odd in ("²", "9" * 5000, "-1", "", "1 2"):
        changed = tuple(
            e._replace(fields=tuple((k, odd if k == "pid" else v) for k, v in e.fields))
            for e in case_trace()
        )
        assert seen(events(*changed)).whole


def test_suites_that_race_are_not_compared_by_trace() -> None:
    def racing(stack: str) -> Evidence:
        return events(
            *(
                e._replace(
                    fields=tuple((k, "orch_stress" if k == "suite" else v) for k, v in e.fields)
                )
                for e in case_trace(stack=stack)
            )
        )

    assert differ(racing("1"), racing("0")) == []


def test_a_kworker_more_does_not_matter() -> None:
    begin, *rest = case_trace()
    fields = (("pid", "900"), ("comm", "kworker/u20:1"), ("clone_flags", "800700"))
    kworker = begin._replace(event="task_newtask", pid=2, fields=fields)
    thread = kworker._replace(fields=(("pid", "900"), ("comm", "kthreadd"), *fields[2:]))
    green = events(begin, *rest)
    assert differ(green, events(begin, kworker, *rest)) == []
    assert differ(green, events(begin, thread, *rest)) == [Kind.TRACE]


def test_a_suite_that_tries_until_it_works_may_try_again() -> None:
    def tries(suite: str, *errors: str) -> Evidence:
        begin, *rest, end = case_trace()
        (request,) = (e for e in rest if e.event == "orch_request")
        failed = [request._replace(event="orch_created", fields=(("err", e),)) for e in errors]
        named = [
            e._replace(fields=tuple((k, suite if k == "suite" else v) for k, v in e.fields))
            for e in (begin, *failed, *rest, end)
        ]
        return events(*named)

    for other in (("-12",) * 3, ("-12",) * 9):
        assert differ(tries("orch_faults", "-12"), tries("orch_faults", *other)) == []
    assert differ(tries("orch_faults", "-12"), tries("orch_faults", "-11")) == [Kind.TRACE]
    assert Kind.TRACE in differ(tries("orch_a", "-12"), tries("orch_a", "-12", "-12"))


def test_whom_kthreadd_serves_first_does_not_matter_and_what_a_case_does_first_does() -> None:
    begin, request, new, *rest = case_trace()
    second = new._replace(fields=tuple((k, {"pid": "990"}.get(k, v)) for k, v in new.fields))
    first_new = events(begin, request, new, second, *rest)
    then_second = events(begin, request, second, new, *rest)
    assert differ(first_new, then_second) == []
    again = request._replace(fields=(("id", "999"), ("kind", "thread"), ("name", "x")))
    one, other = (begin, request, again, new, *rest), (begin, again, request, new, *rest)
    assert differ(events(*one), events(*other)) == [Kind.ORDER]


class TestWhole:
    def test_a_clean_end(self) -> None:
        assert seen(green_evidence()).whole

    def test_no_end_marker(self) -> None:
        cut = seen(damaged("guest", ended=False))
        assert not cut.whole
        assert {k.kind for k in cut.seen} <= {Kind.TEST, Kind.SPLAT, Kind.LEAK, Kind.ENDING}
        assert not of(Kind.TEST, cut)  # all passed: that others are missing is not said

    @pytest.mark.parametrize("verdict", [Verdict.CRASH, Verdict.HANG, Verdict.INCOMPLETE])
    def test_a_finding_that_ends_it(self, verdict: Verdict) -> None:
        assert not seen(green_evidence(), Finding("x", verdict, Fault.KERNEL, "t")).whole
        assert seen(green_evidence(), Finding("x", Verdict.FAIL, Fault.KERNEL, "t")).whole

    def test_whose_fault_it_is(self) -> None:
        lost = Finding("channels", Verdict.INCOMPLETE, Fault.OURS, "12 trace events were lost")
        assert of(Kind.ENDING, seen(green_evidence(), lost)) == {
            Key(Kind.ENDING, "channels", "N trace events were lost"): OURS
        }
        died = Finding("ending", Verdict.HANG, Fault.KERNEL, "hang")
        assert list(of(Kind.ENDING, seen(green_evidence(), died)).values()) == ["hang"]


class TestResults:
    def test_leaves_are_compared(self) -> None:
        one = seen(results(suite("s", TestResult.PASSED, TestResult.SKIPPED)))
        assert of(Kind.TEST, one) == {
            Key(Kind.TEST, "s", "case_1"): "passed",
            Key(Kind.TEST, "s", "case_2"): "skipped",
        }

    def test_a_failed_case_is_seen(self) -> None:
        green = results(suite("s", TestResult.PASSED))
        assert differ(green, results(suite("s", TestResult.FAILED))) == [Kind.TEST]
        assert differ(green, green) == []

    def test_a_suite_whose_exit_failed(self) -> None:
        red = results(suite("s", TestResult.PASSED, result=TestResult.FAILED))
        assert differ(results(suite("s", TestResult.PASSED)), red) == [Kind.TEST]

    @pytest.mark.parametrize("first", [TestResult.PASSED, TestResult.FAILED])
    def test_of_two_with_one_name_the_failed_one_counts(self, first: TestResult) -> None:
        other = TestResult.FAILED if first is TestResult.PASSED else TestResult.PASSED
        twins = tuple(KtapTest("same", each, 1, 1) for each in (first, other))
        found = seen(results(suite("s", TestResult.PASSED, children=twins)))
        assert of(Kind.TEST, found) == {Key(Kind.TEST, "s", "same"): "failed"}


class TestFindings:
    def test_how_often_does_not_matter(self) -> None:
        def run_with(times: str) -> Observation:
            title = f"works executed off their worker's node{times}"
            return seen(green_evidence(), Finding("work-cpu", Verdict.FAIL, Fault.KERNEL, title))

        base, head = [run_with(" (3 times)")] * 2, [run_with(""), run_with(" (14 times)")]
        assert contrast(base, head).differences == ()
        assert len(contrast([seen(green_evidence())] * 2, head).differences) == 1

    def test_a_splat_in_another_clone_is_the_same(self) -> None:
        def splat(title: str) -> Evidence:
            return replace(green_evidence(), splats=(Splat("warning", title, 7),))

        assert differ(splat("WARNING in f"), splat("WARNING in f.isra.0")) == []
        assert differ(splat("WARNING in f"), splat("WARNING in g")) == [Kind.SPLAT]
        assert differ(green_evidence(), with_splat("warning")) == [Kind.SPLAT]


class TestMessages:
    @staticmethod
    def log(*rows: tuple[int, str]) -> Evidence:
        records = tuple(LogRecord(n, level, n, text) for n, (level, text) in enumerate(rows))
        return damaged("log", records=records)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("task 12 at ffff888003a1b2c0", "task 4711 at ffff888004a1b2c8"),
            ("called from f+0x1c/0x2a0", "called from f+0x20/0x2b0"),
            ("called from f+0x1c/0x2a0", "called from f.isra.0+0x20/0x2b0"),
            ("status 0x1f after 1.25 s", "status 0x20 after 31.5 s"),
            ("two  blanks", "two blanks"),
        ],
    )
    def test_two_of_one_sort(self, one: str, other: str) -> None:
        assert template(one) == template(other)
        assert differ(self.log((3, one)), self.log((3, other))) == []

    def test_a_new_one(self) -> None:
        quiet, loud = self.log((6, "x")), self.log((6, "x"), (3, "kthread: cannot"))
        assert differ(quiet, loud) == [Kind.LOG]

    @pytest.mark.parametrize(
        "row", [(4, "a warning"), (3, "# case: EXPECTATION FAILED"), (3, "not ok 1 case")]
    )
    def test_what_is_told_elsewhere(self, row: tuple[int, str]) -> None:
        assert differ(self.log((6, "x")), self.log((6, "x"), row)) == []

    def test_lines_of_a_report_are_told_as_one(self) -> None:
        with_it = replace(with_splat("oops"), log=self.log((3, "first line")).log)
        assert not of(Kind.LOG, seen(with_it))


class TestLeaks:
    LEAK = Leak(64, "orch_w", 101, 5, ("kmemleak_alloc", "__kmalloc_noprof", "f", "g"), 3, "s", "c")

    def leaking(self, *leaks: Leak) -> Evidence:
        return replace(green_evidence(), leaks=leaks)

    def test_a_leak_is_seen(self) -> None:
        found = seen(self.leaking(self.LEAK))
        assert list(of(Kind.LEAK, found)) == [Key(Kind.LEAK, "s.c", "64 bytes allocated in f()")]
        assert differ(green_evidence(), self.leaking(self.LEAK)) == [Kind.LEAK]

    def test_how_many_who_and_when_does_not_matter(self) -> None:
        others = (
            replace(self.LEAK, pid=9, jiffies=77, line=40),
            replace(self.LEAK, backtrace=("kmemleak_alloc", "__kmalloc", "f.isra.0", "g")),
        )
        assert differ(self.leaking(self.LEAK), self.leaking(self.LEAK, *others)) == []

    def test_which_kworker_it_was_does_not_matter(self) -> None:
        one, other = (
            replace(self.LEAK, suite="", case="", comm=comm)
            for comm in ("kworker/0:1", "kworker/u20:2")
        )
        assert differ(self.leaking(one), self.leaking(other)) == []
        assert differ(self.leaking(one), self.leaking(replace(one, comm="init"))) == [Kind.LEAK]


def test_offsets_and_addresses_of_a_text() -> None:
    assert pointers("ffff888003a1b2c0 f+0x10/0x20 7 node3") == "PTR f 7 node3"
    names = ("f.part.0", "g.cold", "h.llvm.123", "i.name")
    assert tuple(map(function, names)) == ("f", "g", "h", "i.name")
