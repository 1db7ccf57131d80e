# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import RELAXED, golden

from orchestrator.model.evidence import Ending, VmOutcome
from orchestrator.parse.assemble import Channels, assemble
from orchestrator.parse.ftrace import parse_ftrace

LINE = "  kthreadd-2  [001] .....  1.234567: task_newtask: pid=63 comm=a b clone_flags=800700"


def test_a_trace() -> None:
    trace = parse_ftrace(golden("ftrace_kthreads.trace"))
    newtask, switch, waking, wakeup, work = trace.events
    assert (newtask.task, newtask.pid, newtask.cpu) == ("kthreadd", 2, 1)
    assert newtask.time_s == 1.234567
    assert newtask.event == "task_newtask"
    assert newtask.fields == (
        ("pid", "63"),
        ("comm", "kthreadd"),
        ("clone_flags", "800700"),
        ("oom_score_adj", "0"),
    )
    assert newtask.line == 7
    assert switch.get("prev_comm") == "my [odd] task"
    assert switch.get("prev_state") == "R+"
    assert (waking.task, waking.pid, waking.cpu) == ("my [0] a-1 b", 77, 2)
    assert (wakeup.task, wakeup.pid, wakeup.get("comm")) == ("<idle>", 0, "kworker/0:1")
    assert work.time_s == 1500000000  # ticks
    assert trace.lost == 12
    assert trace.unparsed == 1


@pytest.mark.parametrize(
    "middle", ["[001] ..... ", "[001] ", "(    2) [001] d.h1. ", "(-----) [001] "]
)
def test_columns_that_are_optional(middle: str) -> None:
    (event,) = parse_ftrace([f"a-b-2  {middle} 1.5: ev: x=1"]).events
    assert (event.task, event.pid, event.cpu, event.time_s) == ("a-b", 2, 1, 1.5)


def test_a_lost_line_without_a_number_is_one() -> None:
    assert parse_ftrace(["CPU:1 [LOST EVENTS]"]).lost == 1


def test_a_message_that_quotes_an_event_is_one_event() -> None:
    (event,) = parse_ftrace([LINE.replace("a b", "x-3 [000] 1.2: ev:")]).events
    assert (event.task, event.pid) == ("kthreadd", 2)


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_odd_characters_of_a_task_name_end_no_line(odd: str) -> None:
    line = LINE.replace("a b", f"a{odd}b")
    channels = Channels(trace=f"{line}\n{line}\n")
    evidence, _ = assemble(channels, VmOutcome(Ending.POWER_OFF, 0, 1.0), "n0")
    assert len(evidence.trace.events) == 2
    assert evidence.trace.unparsed == 0
    assert evidence.trace.events[1].get("comm") == f"a{odd}b"


def test_crlf_changes_nothing() -> None:
    lines = golden("ftrace_kthreads.trace")
    assert parse_ftrace([line + "\r\n" for line in lines]) == parse_ftrace(lines)


def test_a_torn_line_is_counted() -> None:
    assert parse_ftrace([LINE[:40]]).unparsed == 1


@RELAXED
@given(st.lists(st.binary()))
def test_any_bytes_survive(raw: list[bytes]) -> None:
    parse_ftrace([line.decode(errors="replace") for line in raw])


@RELAXED
@given(st.text(alphabet="a-1[]0.:( )=\u0663"))
def test_near_events_survive(text: str) -> None:
    trace = parse_ftrace([text])
    assert len(trace.events) + trace.unparsed <= 1
