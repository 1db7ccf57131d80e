# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import RELAXED

from orchestrator.model.evidence import SuiteRun
from orchestrator.model.topology import GuestNode
from orchestrator.parse.guest import parse_guest_report

NONCE = "9f3c"
GOOD = """\
begin 9f3c 1.20 7.3.4-orch
note mounted everything
node 0 cpus 0-1,3 mem_kib 508928 distances 10,20
node 1 cpus - mem_kib 0 distances 20,10
speed 98 104 10
suite-begin orch_create 1.25
suite-end orch_create 1.90 0
suite-begin orch_stop 2.00
suite-end orch_stop 2.50 1
trace-lost 3
trace-lost 4
end 9f3c 3.01
"""


def test_a_good_report() -> None:
    report = parse_guest_report(GOOD, NONCE)
    assert report.begun and report.ended
    assert report.kernel_release == "7.3.4-orch"
    assert report.nodes == (
        GuestNode(0, (0, 1, 3), 508928, (10, 20)),
        GuestNode(1, (), 0, (20, 10)),
    )
    assert report.suites == (
        SuiteRun("orch_create", 0, 1.25, 1.9),
        SuiteRun("orch_stop", 1, 2.0, 2.5),
    )
    assert report.trace_lost == 7
    assert report.complaints == ()


def test_nodes_come_by_number_although_the_shell_lists_node10_before_node2() -> None:
    said = "".join(f"node {n} cpus {n} mem_kib 65536 distances 10\n" for n in (0, 1, 10, 11, 2, 3))
    report = parse_guest_report(f"begin 9f3c 1.20 7.3.4\n{said}", NONCE)
    assert [node.id for node in report.nodes] == [0, 1, 2, 3, 10, 11]
    assert [node.cpus for node in report.nodes] == [(n,) for n in (0, 1, 2, 3, 10, 11)]


def test_crlf_changes_nothing() -> None:
    assert parse_guest_report(GOOD.replace("\n", "\r\n"), NONCE) == parse_guest_report(GOOD, NONCE)


def test_no_truncation_ends() -> None:
    for length in range(len(GOOD)):
        assert not parse_guest_report(GOOD[:length], NONCE).ended


def test_another_runs_report_neither_begins_nor_ends() -> None:
    report = parse_guest_report(GOOD, "0000")
    assert not report.begun and not report.ended and not report.nodes
    assert report.complaints[0] == "not understood: begin 9f3c 1.20 7.3.4-orch"


def test_an_end_with_a_wrong_nonce_is_a_complaint() -> None:
    report = parse_guest_report(GOOD.replace("end 9f3c 3.01", "end 9f3d 3.01"), NONCE)
    assert report.begun and not report.ended
    assert report.complaints == ("not understood: end 9f3d 3.01",)


def test_an_end_without_a_begin_does_not_end() -> None:
    report = parse_guest_report("end 9f3c 3.01\n", NONCE)
    assert not report.ended
    assert report.complaints == ("line before begin: end 9f3c 3.01",)


def test_a_suite_that_never_came_back_stays_open() -> None:
    report = parse_guest_report("begin 9f3c 1.2 7.3\nsuite-begin a 2.0\n", NONCE)
    assert report.suites == (SuiteRun("a", None, 2.0, None),)


def test_errors_of_init_are_complaints_even_before_begin() -> None:
    assert parse_guest_report("error no /proc\n", NONCE).complaints == ("no /proc",)


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "",
        "node 0 cpus 3-1 mem_kib 1 distances 10",
        "node 0 cpus 0-99999 mem_kib 1 distances 10",
        "node x cpus 0 mem_kib 1 distances 10",
        "suite-end a 2.0 0",
        "suite-begin a",
        "trace-lost many",
        "begin 9f3c 1.2 7.3",
        "node  0 cpus 0 mem_kib 1 distances 10",
    ],
)
def test_a_line_that_breaks_the_protocol_is_a_complaint(line: str) -> None:
    report = parse_guest_report(f"begin 9f3c 1.2 7.3\n{line}\n", NONCE)
    assert report.complaints == (f"not understood: {line}",)
    assert report.nodes == () and report.suites == () and report.trace_lost == 0


def test_a_suite_ends_once() -> None:
    report = parse_guest_report(
        "begin 9f3c 1.2 7.3\nsuite-begin a 2.0\nsuite-end a 3.0 0\nsuite-end a 4.0 0\n", NONCE
    )
    assert report.suites == (SuiteRun("a", 0, 2.0, 3.0),)
    assert report.complaints == ("not understood: suite-end a 4.0 0",)


def test_after_the_end_every_line_is_a_complaint() -> None:
    report = parse_guest_report(GOOD + "note more\n", NONCE)
    assert report.ended
    assert report.complaints == ("line after end: note more",)


@RELAXED
@given(st.binary())
def test_any_bytes_survive_and_end_nothing(raw: bytes) -> None:
    assert not parse_guest_report(raw.decode(errors="replace"), NONCE).ended


@RELAXED
@given(st.text(alphabet="begin 9f3cd\n01.node-suite"))
def test_near_lines_survive(text: str) -> None:
    report = parse_guest_report(text, NONCE)
    assert report.begun or not report.ended
