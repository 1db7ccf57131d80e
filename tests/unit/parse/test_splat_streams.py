# SPDX-License-Identifier: GPL-2.0-only
"""Reports in streams: any cut, any length; several contexts at once; what follows from what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import GOLDEN, RELAXED, golden

from orchestrator.model.evidence import Splat
from orchestrator.parse.splat_scan import BLOCK, LONGEST, REACH
from orchestrator.parse.splats import find_splats, parse_splats

NAMES = (
    "splat_warning_7.3.log",
    "splat_deadlock.log",
    "splat_rcu_stall.log",
    "splat_null_deref_panic.log",
)
LOG = b"".join((GOLDEN / name).read_bytes() for name in NAMES)
FILLER = b"[    1.000000][    T1] usb 1-1: nothing to see here, move along\n"


def found(data: bytes) -> list[Splat]:
    return list(find_splats([data], keep_lines=True))


def as_if(caller: str, lines: list[str]) -> list[str]:
    """The same lines from another context."""
    return [re.sub(r"\]\[ *[TC]\d+\]", f"][{caller:>6}]", line) for line in lines]


@RELAXED
@given(st.lists(st.integers(0, len(LOG)), max_size=12).map(sorted))
def test_a_log_may_be_cut_anywhere(cuts: list[int]) -> None:
    edges = [0, *cuts, len(LOG)]
    blocks = [LOG[a:b] for a, b in pairwise(edges)]
    assert list(find_splats(blocks, keep_lines=True)) == found(LOG)


def test_a_report_across_the_edge_of_what_is_read_at_once_is_whole() -> None:
    for shift in (0, 1, 400, REACH // 2, REACH - 1, REACH, REACH + 1):
        ahead = FILLER * ((BLOCK - shift) // len(FILLER))
        data = ahead + LOG + FILLER * 3000
        blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
        before = ahead.count(b"\n")
        got = list(find_splats(blocks, keep_lines=True))
        assert [(s.title, s.line - before, s.cause) for s in got] == [
            (s.title, s.line, s.cause) for s in found(LOG)
        ]


def test_a_line_without_end_is_cut_and_costs_no_memory() -> None:
    blocks = [b"x" * BLOCK] * 8 + [b"\nBUG: scheduling while atomic: a/1/0x2\n"]
    (splat,) = find_splats(iter(blocks))
    assert splat.kind == "atomic-sleep"
    (splat,) = parse_splats(["BUG: scheduling while atomic: " + "x" * 10 * LONGEST])
    assert len(splat.lines[0]) == LONGEST


def test_findings_come_while_the_log_is_still_read() -> None:
    def blocks() -> Iterator[bytes]:
        yield LOG
        for _ in range(3):
            yield FILLER * (BLOCK // len(FILLER))
        raise AssertionError("read on")

    splats = find_splats(blocks())
    assert next(splats).kind == "WARNING"


def test_two_cpus_at_once_are_told_apart_by_who_printed() -> None:
    one = as_if("T71", golden("splat_warning_7.3.log"))
    other = as_if("T99", golden("splat_deadlock.log"))
    mixed = [line for pair in zip(one, other, strict=False) for line in pair]
    mixed += one[len(other) :] + other[len(one) :]
    splats = parse_splats(mixed)
    assert [splat.function for splat in splats] == ["orch_take_b", "kthread_bind_mask"]


def test_a_dropped_message_ends_a_trace() -> None:
    lines = [
        "[    1.000000] BUG: Bad page state in process a  pfn:1",
        "[    1.000001] Call Trace:",
        "[    1.000002]  dump_stack_lvl+0x1/0x2",
        "[    1.000003] ** 23 printk messages dropped **",
        "[    1.000004]  orch_innocent+0x1/0x2",
    ]
    assert parse_splats(lines)[0].function == ""
    assert parse_splats(lines[:3] + lines[4:])[0].function == "orch_innocent"


def test_a_replayed_message_is_not_a_second_report() -> None:
    lines = golden("splat_warning_7.3.log")
    replay = [*lines[:4], "** replaying previous printk message **", *lines[2:]]
    assert len(parse_splats(replay)) == 1


def test_a_panic_names_what_it_follows_from() -> None:
    lines = [
        *golden("splat_warning_7.3.log"),
        *golden("splat_null_deref_panic.log"),
    ]
    splats = list(find_splats(["\n".join(lines).encode()]))
    assert [(s.kind, s.cause) for s in splats][:3] == [
        ("WARNING", None),
        ("null-deref", None),
        ("panic", 1),
    ]
    assert {s.cause for s in splats[2:]} == {1}
    assert [s.fatal for s in splats[:2]] == [False, True]


def test_a_panic_on_a_warning_follows_from_the_warning_of_the_same_task() -> None:
    one = as_if("T71", golden("splat_warning_7.3.log"))
    other = as_if("T99", [line.replace("bind_mask", "other") for line in one])
    panic = "[    2.320000][   T71] Kernel panic - not syncing: kernel: panic_on_warn set ..."
    splats = list(find_splats(["\n".join([*one, *other, panic]).encode()]))
    assert [(s.cause, s.fatal) for s in splats] == [(None, True), (None, False), (0, True)]


def test_a_task_that_oopsed_trips_on_its_way_out() -> None:
    oops = golden("splat_null_deref_panic.log")[:16]
    stamp = oops[0].partition("BUG")[0]
    out = [f"{stamp}BUG: sleeping function called from invalid context at kernel/a.c:1"]
    splats = list(find_splats(["\n".join(oops + out).encode()]))
    assert [(s.kind, s.cause) for s in splats] == [("null-deref", None), ("atomic-sleep", 0)]
    (alone,) = find_splats([out[0].encode()])
    assert alone.cause is None


@pytest.mark.parametrize(
    "line",
    [
        "\x1b" * 1500 + "Linux version",
        "\x1b[" * 900 + "BUG",
        "\x1b[0m" * 400 + "SeaBIOS (",
        "INFO: task " + "blocked " * 250,
        "BUG x (Tainted" + " :" * 900,
        "[    1.000000]" * 140 + "BUG",
        "<1>" * 600 + "BUG",
        " " * 2000 + "BUG: x",
        "Oops: " + "[#1" * 600,
        "UBSAN: " + "in " * 600,
    ],
)
def test_no_line_costs_more_than_its_length(line: str) -> None:
    """A pattern that tries every way to cut such a line would not end."""
    parse_splats([line] * 20)


BOOT = [
    "[    0.000000] Linux version 7.3.4 (a@b) #1",
    "[    0.004123] tsc: Detected 2400.123 MHz processor",
    "[    0.104567] smp: Bringing up secondary CPUs ...",
    "[    0.204891] devtmpfs: initialized",
]


def test_dmesg_in_the_guest_is_no_second_boot() -> None:
    report = golden("splat_warning_7.3.log")
    copy = [re.sub(r"\]\[ *T\d+\]", "]", line) for line in [*BOOT, *report]]
    assert [s.kind for s in parse_splats([*BOOT, *report, "# dmesg", *copy])] == ["WARNING"]
    later = [BOOT[0], *(line.replace("123", "131").replace("567", "571") for line in BOOT[1:])]
    assert [s.kind for s in parse_splats([*BOOT, *later])] == ["reboot"]


@pytest.mark.parametrize(
    "word",
    [
        "[    9.000000] reboot: Restarting system",
        "[    9.000000] kexec_core: Starting new kernel",
        "-- Boot 0123456789abcdef0123456789abcdef --",
        "Nov 23 12:00:00 host systemd-journald[99]: Journal stopped",
    ],
)
def test_a_reboot_that_was_asked_for_is_none(word: str) -> None:
    later = [BOOT[0], *(line.replace("123", "131") for line in BOOT[1:])]
    assert parse_splats([*BOOT, word, *later]) == ()
    assert [s.kind for s in parse_splats([*BOOT, word, *later, *BOOT])] == ["reboot"]


def test_a_file_of_syslog_does_not_tell_how_a_boot_ended() -> None:
    later = [BOOT[0], *(line.replace("123", "131") for line in BOOT[1:])]
    dated = [f"Nov 23 12:00:00 host kernel: {line}" for line in [*BOOT, *later]]
    assert parse_splats(dated) == ()
