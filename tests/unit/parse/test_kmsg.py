# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from parse_golden import RELAXED

from orchestrator.model.evidence import KernelLog, LogRecord
from orchestrator.parse.kmsg import parse_kmsg, render

RAW = """\
6,339,5140900,-;NET: Registered protocol family 10
30,340,5690716,-,caller=T1;a \\x5c and a tab\\x09, caf\\xc3\\xa9
 SUBSYSTEM=acpi
 DEVICE=+acpi:PNP0A03:00
4,343,7000001,c,caller=C0,more=1;first\\x0asecond; with 1,2,3,-;inside
"""


def test_records_are_read() -> None:
    assert parse_kmsg(RAW).records == (
        LogRecord(339, 6, 5140900, "NET: Registered protocol family 10"),
        LogRecord(340, 6, 5690716, "a \\ and a tab\t, café", "T1"),
        LogRecord(343, 4, 7000001, "first\nsecond; with 1,2,3,-;inside", "C0"),
    )


def test_gaps_in_the_sequence_are_lost_records() -> None:
    assert parse_kmsg(RAW).lost == 2
    assert parse_kmsg(RAW.replace(",343,", ",341,")).lost == 0


def test_crlf_changes_nothing() -> None:
    assert parse_kmsg(RAW.replace("\n", "\r\n")) == parse_kmsg(RAW)


def test_torn_records_are_dropped() -> None:
    assert parse_kmsg("00,-;tail of a record\n6,339,51").records == ()


def test_rendered_as_dmesg_prints() -> None:
    assert render(parse_kmsg(RAW)) == (
        "[    5.140900] NET: Registered protocol family 10\n"
        "[    5.690716][    T1] a \\ and a tab\t, café\n"
        "[    7.000001][    C0] first\n"
        "[    7.000001][    C0] second; with 1,2,3,-;inside\n"
    )


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert parse_kmsg("6,1,1,-;a\\xff").records[0].text == "a\ufffd"


@RELAXED
@given(st.binary())
def test_any_bytes_survive(raw: bytes) -> None:
    render(parse_kmsg(raw.decode(errors="replace")))


@RELAXED
@given(st.text(alphabet="06,;-c=\\\\x4\n \u0663"))
def test_near_records_survive(text: str) -> None:
    log = parse_kmsg(text)
    assert log.lost >= 0
    assert log == KernelLog(log.records, log.lost)
