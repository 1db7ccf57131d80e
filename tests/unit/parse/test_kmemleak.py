# SPDX-License-Identifier: GPL-2.0-only
"""kmemleak's list, as kernels of several ages print it; and whose case a leak is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.evidence import Leak, Trace, TraceEvent
from orchestrator.parse.cases import attributed
from orchestrator.parse.kmemleak import parse_kmemleak

# With an age, and an address in front of each frame.
OLD = """\
unreferenced object 0xffff8880051c3e00 (size 128):
  comm "orch_one", pid 71, jiffies 4294893210 (age 8.120s)
  hex dump (first 32 bytes):
    10 20 51 81 ff ff ff ff 00 00 00 00 00 00 00 00  . Q.............
  backtrace:
    [<00000000b2d41e07>] kmalloc_trace+0x21/0x80
    [<00000000c3d41e07>] maker+0x5a/0x1b0
    [<(____ptrval____)>] taker+0x11/0x30 [orch_core]
"""
# Without both, and with a checksum.
NEW = """\
unreferenced object 0xffff888004a7c1c0 (size 64):
  comm "orch_two", pid 72, jiffies 4294893300
  hex dump (first 32 bytes):
    6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b  kkkkkkkkkkkkkkkk
  backtrace (crc 5ed1c2a3):
    kmemleak_alloc+0x4b/0x80
    __kmalloc_cache_noprof+0x2c1/0x3a0
    maker+0x60/0x1b0
"""
PERCPU = """\
unreferenced object (percpu) 0x607fb7a12340 (size 32):
  comm "softirq", pid 0, jiffies 4294893400
  hex dump (first 32 bytes on cpu 1):
    00 00 00 00                                      ....
  backtrace (crc 0):
    pcpu_alloc_noprof+0x6d1/0xa10
    maker+0x60/0x1b0
"""


def test_with_age_and_addresses() -> None:
    (leak,) = parse_kmemleak(OLD)
    assert (leak.size, leak.comm, leak.pid, leak.jiffies) == (128, "orch_one", 71, 4294893210)
    assert leak.backtrace == ("kmalloc_trace", "maker", "taker")
    assert leak.frames[2].endswith("taker+0x11/0x30 [orch_core]")


def test_without_them() -> None:
    (leak,) = parse_kmemleak(NEW)
    assert (leak.size, leak.comm, leak.pid) == (64, "orch_two", 72)
    assert leak.backtrace == ("kmemleak_alloc", "__kmalloc_cache_noprof", "maker")


def test_percpu() -> None:
    (leak,) = parse_kmemleak(PERCPU)
    assert (leak.size, leak.pid, leak.backtrace) == (32, 0, ("pcpu_alloc_noprof", "maker"))


def test_several_in_order_with_their_lines() -> None:
    found = parse_kmemleak(OLD + NEW + PERCPU)
    assert [(leak.size, leak.line) for leak in found] == [(128, 1), (64, 9), (32, 17)]


@pytest.mark.parametrize("text", ["", "\n", "kmemleak: 3 new suspected memory leaks\n", "no list"])
def test_no_leaks(text: str) -> None:
    assert parse_kmemleak(text) == ()


def test_a_name_that_looks_like_the_rest() -> None:
    text = NEW.replace("orch_two", 'a", pid 5, jiffies 6')
    (leak,) = parse_kmemleak(text)
    assert (leak.comm, leak.pid, leak.jiffies) == ('a", pid 5, jiffies 6', 72, 4294893300)


def test_a_control_character_ends_no_line() -> None:
    text = NEW.replace("orch_two", "a\x0bunreferenced object 0xff (size 9):\x85b")
    (leak,) = parse_kmemleak(text)
    assert (leak.pid, leak.size) == (72, 64)


@given(st.integers(0, len(OLD + NEW + PERCPU)))
def test_cut_anywhere(end: int) -> None:
    text = OLD + NEW + PERCPU
    whole, cut = parse_kmemleak(text), parse_kmemleak(text[:end])
    assert len(cut) <= len(whole)
    for one, other in zip(cut, whole, strict=False):
        assert (one.size, one.line) == (other.size, other.line)
        assert len(one.backtrace) <= len(other.backtrace)


@given(st.text(max_size=300) | st.lists(st.sampled_from((OLD + NEW).split("\n"))).map("\n".join))
def test_any_text(text: str) -> None:
    for leak in parse_kmemleak(text):
        assert leak.size >= 0 and leak.line >= 1


def event(name: str, by: int, **fields: str) -> TraceEvent:
    return TraceEvent(1.0, 0, "t", by, name, tuple(fields.items()))


def trace(*events: TraceEvent) -> Trace:
    begin = event("orch_case", 70, suite="s", case="c", pid="70")
    return Trace((begin, *events, event("orch_case_end", 70, suite="s", case="c")), ended=True)


def owner(pid: int, *events: TraceEvent) -> str:
    (leak,) = attributed([Leak(8, "t", pid, 1, (), 1)], trace(*events))
    return f"{leak.suite}.{leak.case}"


class TestWhoseCase:
    def test_of_the_case_and_of_threads_made_in_it(self) -> None:
        assert owner(70) == "s.c"
        assert owner(71, event("orch_created", 70, pid="71")) == "s.c"
        assert owner(72, event("task_newtask", 2, pid="72")) == "s.c"

    def test_of_nobody(self) -> None:
        assert owner(99) == "."
        after = attributed(
            [Leak(8, "t", 73, 1, (), 1)],
            Trace((*trace().events, event("task_newtask", 2, pid="73")), ended=True),
        )
        assert after[0].suite == ""

    def test_an_interrupt_is_nobody(self) -> None:
        """Its pid is 0, and so is that of a creation that failed."""
        assert owner(0, event("orch_created", 70, pid="0")) == "."

    @pytest.mark.parametrize("odd", ["²", "9" * 5000, "-71", "", "0071"])
    def test_an_odd_number_is_no_pid(self, odd: str) -> None:
        assert owner(71, event("orch_created", 70, pid=odd)) == "."
