# SPDX-License-Identifier: GPL-2.0-only
"""Every shape ftrace and trace-cmd print an event in (kernel/trace/trace_output.c and others)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import RELAXED

from orchestrator.model.evidence import TraceEvent
from orchestrator.parse.ftrace import TraceReader, parse_ftrace
from orchestrator.parse.ftrace_fields import FieldReader, split_fields

CONTEXT = "            bash-100     [001] d..2.     2.000001: "
SWITCH = "sched_switch: prev_comm=a prev_pid=1 ==> next_comm=b c next_pid=2"
SWITCHED = (("prev_comm", "a"), ("prev_pid", "1"), ("next_comm", "b c"), ("next_pid", "2"))


def read(*lines: str, lenient: bool = True) -> list[TraceEvent]:
    reader = TraceReader(lenient=lenient)
    events = list(reader.events([f"{line}\n" for line in lines]))
    assert reader.unparsed == 0, lines
    return events


@pytest.mark.parametrize(
    ("context", "time", "cpu", "task", "pid"),
    [
        (CONTEXT, 2.000001, 1, "bash", 100),
        ("            bash-100     [001]     2.000001: ", 2.000001, 1, "bash", 100),
        ("            bash-100     (     99) [001] d..2.     2.5: ", 2.5, 1, "bash", 100),
        ("            bash-100     (-------) [001]     2.5: ", 2.5, 1, "bash", 100),
        ("           <...>-4194303 [127] .....     2.5: ", 2.5, 127, "<...>", 4194303),
        ("           <XXX>--1      [000] .....     2.5: ", 2.5, 0, "<XXX>", -1),
        ("  a] b-1 [9] : c-5       [000] .....     2.5: ", 2.5, 0, "a] b-1 [9] : c", 5),
        ("            bash-100     [001] d..2.       123456: ", 123456, 1, "bash", 100),
        ("  bash-100     [001]     2.000001000: ", 2.000001, 1, "bash", 100),
        ("    bash-100     1d..2.   12us!: ", 12e-6, 1, "bash", 100),
        ("    bash-100     1d..2.   12us : ", 12e-6, 1, "bash", 100),
        ("    bash-100     1dN.2   123: ", 123, 1, "bash", 100),
        ("    bash-100     1d..2.     2.000001: ", 2.000001, 1, "bash", 100),
        ("            bash     100   1 0 00000001 0000000c [0000000c] 0.012ms (+0.003ms): ",
         12e-6, 1, "bash", 100),
        ("            bash     100   1 0 00000001 0000000c [000000000000000c] 12 (+3): ",
         12, 1, "bash", 100),
    ],
)  # fmt: skip
def test_contexts(context: str, time: float, cpu: int, task: str, pid: int) -> None:
    (event,) = read(context + SWITCH)
    assert event == (pytest.approx(time), cpu, task, pid, "sched_switch", SWITCHED, 1, "")
    assert isinstance(event.time_s, type(time))


@pytest.mark.parametrize(
    ("body", "event", "fields"),
    [
        (SWITCH, "sched_switch", SWITCHED),
        ("ev:", "ev", ()),
        ("ev: x=1, y=a b, z={1,2}", "ev", (("x", "1"), ("y", "a b"), ("z", "{1,2}"))),
        ("ev: comm= pid=1", "ev", (("comm", ""), ("pid", "1"))),
        ("ev: one two", "ev", (("text", "one two"),)),
        ("ev: dev 8,0 n=1", "ev", (("text", "dev 8,0 n=1"), ("n", "1"))),
        ("ev: pid=0x3f (63) s=\"x\"", "ev", (("pid", "0x3f (63)"), ("s", '"x"'))),
        ("tracing_mark_write: a=1", "tracing_mark_write", (("text", "a=1"),)),
        ("print:                tracing_mark_write: hi", "print",
         (("text", "tracing_mark_write: hi"),)),
        ("bputs: f: x=1", "bputs", (("text", "f: x=1"),)),
        ("my_func+0x1/0x20 [mod]: hello", "my_func+0x1/0x20 [mod]", (("text", "hello"),)),
        ("down <-up", "function", (("ip", "down"), ("parent_ip", "up"))),
        ("down [m] <-up+0x1/0x2", "function", (("ip", "down [m]"), ("parent_ip", "up+0x1/0x2"))),
        ("down <ffffffff81000000> <-up <ffffffff81000001>", "function",
         (("ip", "down <ffffffff81000000>"), ("parent_ip", "up <ffffffff81000001>"))),
        ("down(a=0x1, b=2) <-up", "function",
         (("ip", "down"), ("args", "a=0x1, b=2"), ("parent_ip", "up"))),
        ("down <-up (repeats: 3, last_ts:     2.0)", "func_repeats",
         (("ip", "down"), ("parent_ip", "up"), ("text", "(repeats: 3, last_ts:     2.0)"))),
        ("sys_read(fd: 3, buf: 7f, count: 10)", "sys_enter_read",
         (("text", "sys_read(fd: 3, buf: 7f, count: 10)"),)),
        ("sys_read -> 0x3", "sys_exit_read", (("text", "sys_read -> 0x3"),)),
        ("     100:120:S ==> [001]       0:120:R swapper/1", "context_switch",
         (("text", "100:120:S ==> [001]       0:120:R swapper/1"),)),
        ("#12    context    irq timer_latency      5000 ns", "timerlat",
         (("text", "#12    context    irq timer_latency      5000 ns"),)),
        ("Unknown type 99", "", (("text", "Unknown type 99"),)),
    ],
)  # fmt: skip
def test_bodies(body: str, event: str, fields: tuple[tuple[str, str], ...]) -> None:
    for text in (body, body + "\r"):
        (found,) = read(CONTEXT + text)
        assert (found.event, found.fields, found.pid) == (event, fields, 100)


def test_systems_and_time_differences_of_trace_cmd() -> None:
    (named, later) = read(CONTEXT + "sched:" + SWITCH, CONTEXT + "(+1000)  ev:     x=1")
    assert (named.event, named.system, named.fields) == ("sched_switch", "sched", SWITCHED)
    assert (later.event, later.fields) == ("ev", (("x", "1"),))


def test_stacks_follow_their_event() -> None:
    events = read(
        CONTEXT + "<stack trace>", " => one", " => two [m]", CONTEXT + "ev: x=1",
        CONTEXT + "kernel_stack:         <stack trace >", "=> three (ffffffff81000000)",
        CONTEXT + "<user stack trace>", " => /bin/sh[+0x10]", " =>  <00007f0000000000>",
    )  # fmt: skip
    assert [(event.event, [v for _, v in event.fields]) for event in events] == [
        ("kernel_stack", ["one", "two [m]"]),
        ("ev", ["1"]),
        ("kernel_stack", ["three (ffffffff81000000)"]),
        ("user_stack", ["/bin/sh[+0x10]", "<00007f0000000000>"]),
    ]


@pytest.mark.parametrize(
    ("line", "event", "cpu", "task", "depth", "duration"),
    [
        (" 1)               |  outer() {", "funcgraph_entry", 1, "", "0", None),
        (" 1)   0.123 us    |    inner();", "funcgraph_entry", 1, "", "1", "0.123"),
        (" 1) + 12.345 us   |  }", "funcgraph_exit", 1, "", "0", "12.345"),
        (" 1) ! 1234567 us  |  } /* outer */", "funcgraph_exit", 1, "", "0", "1234567"),
        (" 1)    sh-42      |   0.5 us    |  leaf();", "funcgraph_entry", 1, "sh", "0", "0.5"),
        (" 1)    sh-42      | d..1. |   0.5 us    |  leaf();", "funcgraph_entry", 1, "sh", "0",
         "0.5"),
        ("    1.500000 |   1)   0.5 us    |  leaf();", "funcgraph_entry", 1, "", "0", "0.5"),
        ("   0.5 us    |  leaf();", "funcgraph_entry", -1, "", "0", "0.5"),
    ],
)  # fmt: skip
def test_function_graph(
    line: str, event: str, cpu: int, task: str, depth: str, duration: str | None
) -> None:
    (found,) = read(line, lenient=False)
    assert (found.event, found.cpu, found.task) == (event, cpu, task)
    assert found.get("depth") == depth
    assert found.get("duration_us", "none") == (duration or "none")
    assert found.time_s == 1.5 if line.startswith("    1.5") else math.isnan(found.time_s)


def test_function_graph_switches_interrupts_and_comments() -> None:
    events = read(
        " ------------------------------------------", " 0)   bash-123   =>    sh-1234   ",
        " ------------------------------------------", "", " 0)   ==========> |",
        " 0)               |  /* sched_wakeup: pid=7 */", lenient=False,
    )  # fmt: skip
    assert [(e.event, e.task, e.pid, e.fields) for e in events] == [
        ("sched_wakeup", "sh", 1234, (("pid", "7"),))
    ]


def test_events_without_context_are_for_the_lenient() -> None:
    lines = [SWITCH, "100 1 123456 ffff 1", "00000064 00000001 000000000001e240 12ab"]
    bare, raw, hexed = read(*lines)
    assert (bare.event, bare.cpu, bare.pid, bare.fields) == ("sched_switch", -1, -1, SWITCHED)
    for event in (raw, hexed):
        assert (event.pid, event.cpu, event.time_s) == (100, 1, 123456)
    assert parse_ftrace(lines).unparsed == 3
    late = TraceReader(lenient=True)  # after an event with context these are torn lines
    assert len(list(late.events([CONTEXT + SWITCH, *lines]))) == 1
    assert late.unparsed == 3


def test_a_name_without_fields_is_a_function_only_to_the_function_tracer() -> None:
    assert parse_ftrace([CONTEXT + "task_newta"]).unparsed == 1
    (event,) = read("# tracer: function", CONTEXT + "task_newta", lenient=False)
    assert (event.event, event.fields) == ("function", (("ip", "task_newta"),))


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        ("CPU:2 [LOST 5 EVENTS]", 5),
        ("CPU:2 [LOST EVENTS]", 1),
        ("CPU:2 [7 EVENTS DROPPED]", 7),
        ("CPU:2 [EVENTS DROPPED]", 1),
        ("##### CPU 1 buffer started ####", 0),
        ("# entries-in-buffer/entries-written: 5/5   #P:4", 0),
        ("cpus=4", 0),
        ("CPU 3 is empty", 0),
    ],
)
def test_lines_between_events(line: str, lost: int) -> None:
    trace = parse_ftrace([line])
    assert (trace.lost, trace.unparsed, trace.events) == (lost, 0, ())


def test_a_layout_tells_a_key_from_the_end_of_a_longer_one() -> None:
    reader = FieldReader()
    for text in ("a={b=1", "a=xb=1"):
        assert reader.read("ev", text) == split_fields(text, "ev")


TEXT = st.lists(
    st.sampled_from(["a=", "b=", "cb=", " ", ",", "x y", "{", "(", "==> ", "=", "1"])
).map("".join)


@RELAXED
@given(st.lists(TEXT, min_size=1, max_size=8))
def test_remembered_layouts_change_no_field(texts: list[str]) -> None:
    reader = FieldReader()
    for text in texts * 2:
        assert reader.read("ev", text) == split_fields(text.strip(), "ev")
