# SPDX-License-Identifier: GPL-2.0-only
"""What is fuzzed: each parser on any bytes, with what must hold whatever they are."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from orchestrator.cli.parse_ktap import read_report
from orchestrator.cli.parse_trace import json_batches
from orchestrator.model.evidence import TestResult
from orchestrator.parse.frames import code_refs
from orchestrator.parse.ftrace import TraceReader, parse_ftrace
from orchestrator.parse.gcov import parse_gcov
from orchestrator.parse.guest import parse_guest_report
from orchestrator.parse.kmemleak import parse_kmemleak
from orchestrator.parse.kmsg import parse_kmsg, render
from orchestrator.parse.ktap import parse_ktap
from orchestrator.parse.ktap_kernel import read_as_kernel
from orchestrator.parse.placement import placements
from orchestrator.parse.prefix import split_prefix
from orchestrator.parse.signature import signature
from orchestrator.parse.splats import find_splats, parse_splats

TESTS = Path(__file__).resolve().parents[1]
FINDINGS = TESTS / "golden" / "fuzz"


def prefix(data: bytes) -> None:
    for line in _lines(data):
        caller, message = split_prefix(line)
        assert line.rstrip("\r\n").endswith(message)
        assert not caller or (caller[0] in "TC" and caller[1:].isdigit())


def kmsg(data: bytes) -> None:
    log = parse_kmsg(_text(data))
    assert log.lost >= 0
    assert all(0 <= record.level <= 7 for record in log.records)
    assert render(log).count("\n") >= len(log.records)


def ktap(data: bytes) -> None:
    lines = _lines(data)
    reading = read_as_kernel(lines)
    assert reading.counts.errors == len(reading.errors)
    report = read_report("x", lines)
    strict = parse_ktap(lines)
    if report.proven:
        assert not strict.errors and strict.counts.passed
        assert strict.counts.failed == strict.counts.crashed == 0
        # Cut before its last result, the log must not be proven any more.
        last = max(test.line for test in reading.tests)
        assert not read_report("x", lines[: last - 1]).proven
    if not strict.tests:
        assert strict.errors
    for test in strict.tests:
        assert test.result in TestResult


def splats(data: bytes) -> None:
    found = parse_splats(_lines(data))
    assert [splat.line for splat in found] == sorted(splat.line for splat in found)
    for splat in found:
        assert splat.title and "\n" not in splat.title
        signature(splat)
    for _ in find_splats([data]):
        pass


def ftrace(data: bytes) -> None:
    lines = _lines(data)
    trace = parse_ftrace(lines)
    slow = _SlowReader()
    assert repr(trace.events) == repr(tuple(slow.events(lines)))
    assert (trace.lost, trace.unparsed) == (slow.lost, slow.unparsed)
    assert len(trace.events) + trace.unparsed <= len(lines)
    events = list(TraceReader(lenient=True).events(lines))
    written = b"".join(json_batches(events)).splitlines()
    assert len(written) == len(events)
    assert all(isinstance(json.loads(line)["event"], str) for line in written)


class _SlowReader(TraceReader):
    """Takes no line the fast way."""

    def _head(self, text: str) -> None:
        return None


def guest(data: bytes) -> None:
    report = parse_guest_report(_text(data), "n0")
    assert report.begun or not report.ended


def placement(data: bytes) -> None:
    trace = parse_ftrace(_lines(data))
    landed = [event for event in trace.events if event.event == "orch_placed"]
    assert len(placements(trace)) == len(landed)


def kmemleak(data: bytes) -> None:
    parse_kmemleak(_text(data))


def gcov(data: bytes) -> None:
    with contextlib.suppress(ValueError):  # documented
        parse_gcov(_text(data))


def frames(data: bytes) -> None:
    code_refs(_lines(data))


Parser = Callable[[bytes], None]

PARSERS: dict[str, Parser] = {
    parser.__name__: parser
    for parser in (prefix, kmsg, ktap, splats, ftrace, guest, placement, kmemleak, gcov, frames)
}


def seeds() -> Iterator[Path]:
    """Every golden file and every finding: each is a seed for each parser."""
    yield from sorted(path for path in (TESTS / "golden").rglob("*") if path.is_file())


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _lines(data: bytes) -> list[str]:
    return _text(data).split("\n")
