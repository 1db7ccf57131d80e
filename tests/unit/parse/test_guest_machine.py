# SPDX-License-Identifier: GPL-2.0-only
"""Init's words on HMAT and on parts that come and go, and the firmware's table as bytes."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.evidence import GuestReport
from orchestrator.model.guest_machine import (
    GuestAccess,
    GuestCache,
    HmatTable,
    PlugState,
    TablePair,
)
from orchestrator.model.topology import GuestNode
from orchestrator.parse.guest import parse_guest_report
from orchestrator.parse.hmat_table import read_table

BEGIN = "begin n0nce 1.5 7.3.4\n"
NODE = "node 0 cpus 0 mem_kib 1000 distances 10\n"
ACCESS = (
    "access 2 initiators 0,1 read_latency 400 write_latency 401 read_bandwidth 2048 "
    "write_bandwidth -\n"
)
CACHE = "side-cache 2 level 1 size 16777216 line_size 64 indexing 0 write_policy -\n"


def locality(kind: int, base: int, rows: list[list[int]], flags: int = 0) -> bytes:
    """Initiators and targets are numbered from 0."""
    domains = [*range(len(rows)), *range(len(rows[0]))]
    entries = [entry for row in rows for entry in row]
    body = struct.pack(f"<{len(domains)}I{len(entries)}H", *domains, *entries)
    head = struct.pack("<HHIBBHIIIQ", 1, 0, 32 + len(body), flags, kind, 0, len(rows),
                       len(rows[0]), 0, base)  # fmt: skip
    return head + body


def cache(node: int, level: int, size: int) -> bytes:
    return struct.pack("<HHIIIQIHH", 2, 0, 32, node, 0, size, level << 4 | 1, 0, 0)


def table(*parts: bytes, revision: int = 2) -> bytes:
    body = b"".join(parts)
    return struct.pack("<4sIB27xI", b"HMAT", 40 + len(body), revision, 0) + body


WHOLE = table(
    locality(0, 10_000, [[8, 40]]), locality(3, 1024, [[20, 0xFFFF]]), cache(1, 1, 1 << 24)
)


def report(*lines: str) -> GuestReport:
    return parse_guest_report(BEGIN + "".join(lines), "n0nce")


def test_what_the_kernel_shows_of_an_hmat() -> None:
    guest = report(NODE, ACCESS, CACHE, f"hmat {base64.b64encode(WHOLE).decode()}\n")
    assert guest.complaints == ()
    assert guest.hmat.accesses == (GuestAccess(2, (0, 1), ("400", "401"), ("2048", "-")),)
    assert guest.hmat.caches == (GuestCache(2, 1, 16 << 20, 64, 0, -1),)
    assert guest.hmat.table is not None


def test_the_table() -> None:
    pairs = (TablePair(0, 0, 80.0, 20480), TablePair(0, 1, 400.0, 0))
    assert read_table(WHOLE) == HmatTable(pairs, ((1, 1, 1 << 24),))
    other = table(locality(0, 1000, [[5]]), locality(0, 1, [[7]], flags=1), locality(5, 1, [[9]]))
    assert read_table(other) == HmatTable((TablePair(0, 0, 5.0, 0),))


@pytest.mark.parametrize("size", range(len(WHOLE)))
def test_a_table_cut_short_is_none(size: int) -> None:
    assert read_table(WHOLE[:size]) is None
    told = struct.pack("<I", size).join((WHOLE[:4], WHOLE[8:size]))
    assert size in (40, 88, 136) or read_table(told) is None


def test_other_tables_are_none() -> None:
    assert read_table(table(revision=1)) is None
    assert read_table(WHOLE.replace(b"HMAT", b"SRAT")) is None
    assert read_table(table(struct.pack("<HHI", 1, 0, 0))) is None, "no end"
    vast = struct.pack("<HHIBBHIIIQ", 1, 0, 32, 0, 0, 0, 1 << 30, 1 << 30, 0, 1)
    assert read_table(table(vast)) is None


@given(st.binary(max_size=200))
def test_no_bytes_are_too_odd(data: bytes) -> None:
    read_table(data)
    read_table(WHOLE[:40] + data)


def test_parts_come_with_the_machine_they_make() -> None:
    later = "node 1 cpus 1 mem_kib 0 distances 20,10\n"
    guest = report(NODE, "plug 0 3.5\n", "plugged 0 4.25 seen\n", later, NODE, "plug 1 9\n")
    assert guest.complaints == ()
    assert [node.id for node in guest.nodes] == [0]
    first, second = guest.plugs
    assert (first.number, first.state, first.asked_s, first.done_s) == (
        0,
        PlugState.SEEN,
        3.5,
        4.25,
    )
    assert first.nodes == (GuestNode(0, (0,), 1000, (10,)), GuestNode(1, (1,), 0, (20, 10)))
    assert (second.state, second.done_s, second.nodes) == (PlugState.ASKED, None, ())


@pytest.mark.parametrize("line", [
    "plugged 0 4 seen", "plug x 3", "plug -1 3", "plug 0 3 4", "access 0 initiators 0",
    "side-cache 0 level 1 size x line_size 1 indexing 0 write_policy 0", "hmat @@@", "hmat a",
])  # fmt: skip
def test_what_is_not_understood_is_told(line: str) -> None:
    assert report(f"{line}\n").complaints == (f"not understood: {line}",)


def test_a_part_is_told_of_once() -> None:
    twice = report("plug 0 3\n", "plugged 0 4 seen\n", "plugged 0 5 lost\n")
    assert twice.complaints == ("not understood: plugged 0 5 lost",)
    other = report("plug 0 3\n", "plugged 1 4 seen\n")
    assert other.plugs[0].state is PlugState.ASKED and other.complaints


def test_before_begin_nothing_of_it_counts() -> None:
    guest = parse_guest_report(f"plug 0 1\n{BEGIN}", "n0nce")
    assert guest.plugs == () and guest.complaints
