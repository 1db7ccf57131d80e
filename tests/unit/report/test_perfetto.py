# SPDX-License-Identifier: GPL-2.0-only
"""A run as a Perfetto trace: read back by Perfetto's own definition of the format, and held to what
its importer asks of tracks and slices (docs: "Track events")."""

from __future__ import annotations

from collections import defaultdict

import pytest
from msgspec.structs import replace
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
from sample_results import HOSTILE, run_result, unbooted

from orchestrator.judge.why import why_verdict
from orchestrator.model.evidence import Trace, TraceEvent
from orchestrator.model.job import RunResult
from orchestrator.model.run_page import LogLine, RunPage
from orchestrator.model.verdict import Verdict
from orchestrator.report.perfetto import perfetto_trace
from orchestrator.report.perfetto_writer import TraceWriter

EVENTS = tuple(
    TraceEvent(time, cpu, task, pid, what, fields)
    for time, cpu, task, pid, what, fields in (
        (2.0, 0, "kunit", 7, "orch_case", (("suite", "s"), ("case", "a"), ("param", "-"))),
        (2.1, 0, "kthreadd", 2, "task_newtask", (("pid", "90"), ("comm", "orch_t"))),
        (2.2, 1, "orch_t", 90, "sched_kthread_work_execute_start", (("work struct", "1"),)),
        (2.2, 1, "orch_t", 90, "sched_kthread_work_execute_end", (("work struct", "1"),)),
        (2.2, 1, "orch_t", 90, "sched_kthread_work_execute_start", (("work struct", "2"),)),
        (2.300001, 1, "orch_t", 90, "sched_kthread_work_execute_end", (("work struct", "2"),)),
        (2.4, 0, "kunit", 7, "orch_case_end", (("suite", "s"), ("case", "a"), ("param", "-"))),
        (2.5, 0, "kunit", 7, "orch_case", (("suite", "s"), ("case", "b"), ("param", "-"))),
        (2.6, 1, "orch_t", 90, "sched_kthread_work_execute_start", (("work struct", "3"),)),
        (float("nan"), 1, "orch_t", 90, "untimed", ()),
    )
)
LOG = (
    LogLine(0.0, 6, "Linux version"),
    LogLine(1.5, 6, "Run /init as init process"),
    LogLine(3.0, 4, "the last"),
)


def page_of(result: RunResult, events: tuple[TraceEvent, ...] = EVENTS) -> RunPage:
    if result.evidence:
        result = replace(result, evidence=replace(result.evidence, trace=Trace(events)))
    times = (2.123456,) * len(result.findings)
    return RunPage(result, why_verdict(result, result.verdict), times=times, log=LOG)


class Read:
    """A trace, by track."""

    def __init__(self, data: bytes) -> None:
        trace = pb.Trace()
        assert trace.MergeFromString(data) == len(data)
        self.names: dict[int, str] = {}
        self.parents: dict[int, int] = {}
        self.events: dict[int, list[tuple[int, pb.TrackEvent]]] = defaultdict(list)
        last = 0
        words: dict[int, str] = {}
        keys: dict[int, str] = {}
        for packet in trace.packet:
            for known, new in ((words, packet.interned_data.event_names),
                               (keys, packet.interned_data.debug_annotation_names)):  # fmt: skip
                for each in new:
                    assert each.iid and each.iid not in known
                    known[each.iid] = each.name
            assert packet.trusted_packet_sequence_id == 1
            assert not packet.ByteSize() > 100_000
            if packet.HasField("track_descriptor"):
                described = packet.track_descriptor
                assert described.uuid and described.uuid not in self.names
                assert described.parent_uuid == 0 or described.parent_uuid in self.names
                self.names[described.uuid] = described.name
                self.parents[described.uuid] = described.parent_uuid
            elif packet.HasField("track_event"):
                event = packet.track_event
                assert event.track_uuid in self.names, "described before it is used"
                assert packet.timestamp >= last, "in order of time"
                last = packet.timestamp
                assert packet.sequence_flags == pb.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
                event.name = words[event.name_iid] if event.name_iid else ""
                for fact in event.debug_annotations:
                    fact.name = keys[fact.name_iid]
                self.events[event.track_uuid].append((packet.timestamp, event))
        assert trace.packet[0].sequence_flags == pb.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED

    def slices(self, name: str) -> list[tuple[str, int, int, int]]:
        """(name, begin, end, depth) of a track, in order of their ends. All must be closed."""
        found, stack = [], list[tuple[str, int]]()
        for time, event in self.events[self.track(name)]:
            if event.type == pb.TrackEvent.TYPE_SLICE_BEGIN:
                assert event.name
                stack.append((event.name, time))
            elif event.type == pb.TrackEvent.TYPE_SLICE_END:
                begun = stack.pop()
                found.append((begun[0], begun[1], time, len(stack)))
        assert stack == [], "a slice without an end"
        return found

    def instants(self, name: str) -> list[tuple[str, int]]:
        """(name, time) of a track."""
        kind = pb.TrackEvent.TYPE_INSTANT
        events = self.events[self.track(name)]
        return [(event.name, time) for time, event in events if event.type == kind]

    def track(self, name: str) -> int:
        (uuid,) = (uuid for uuid, each in self.names.items() if each == name)
        return uuid


def test_stages_cases_threads_and_events_have_their_places() -> None:
    read = Read(perfetto_trace(page_of(run_result(Verdict.FAIL))))
    for name in read.names.values():
        read.slices(name)
    assert read.slices("boot") == [
        ("kernel", 0, 1_500_000_000, 0),
        ("init until the first case", 1_500_000_000, 2_000_000_000, 0),
    ]
    assert read.slices("cases") == [
        ("s.a", 2_000_000_000, 2_400_000_000, 0),
        ("s.b", 2_500_000_000, 3_000_000_000, 0),
    ]
    works = [each for each in read.slices("orch_t 90") if each[0] == "work"]
    assert works == [
        ("work", 2_200_000_000, 2_200_000_000, 1),
        ("work", 2_200_000_000, 2_300_001_000, 1),
        ("work", 2_600_000_000, 3_000_000_000, 1),
    ]
    timed = len(EVENTS) - 1
    assert len(read.instants("CPU 0")) + len(read.instants("CPU 1")) == timed
    assert read.parents[read.track("CPU 1")] == read.track("CPUs")
    assert read.parents[read.track("orch_t 90")] == read.track("threads")


def test_findings_are_instants_and_their_facts_go_with_them() -> None:
    read = Read(perfetto_trace(page_of(run_result(Verdict.FAIL))))
    assert read.instants("findings") == [("fail: orch_create failed", 2_123_456_000)]
    ((_, event),) = read.events[read.track("findings")]
    facts = {each.name: each.string_value for each in event.debug_annotations}
    assert facts["fault"] == "kernel" and facts["0 dmesg.log:4"] == "orch_create"


def test_a_finding_of_no_known_time_is_at_the_end_and_says_so() -> None:
    page = replace(page_of(run_result(Verdict.FAIL)), times=(None,))
    read = Read(perfetto_trace(page))
    ((time, event),) = read.events[read.track("findings")]
    assert time == 3_000_000_000
    assert any("not known" in each.string_value for each in event.debug_annotations)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_first_track_has_the_verdict(verdict: Verdict) -> None:
    read = Read(perfetto_trace(page_of(run_result(verdict))))
    assert f"run: {verdict.value}" in read.names.values()


def test_a_run_without_a_machine_and_one_without_events() -> None:
    read = Read(perfetto_trace(replace(page_of(unbooted(Verdict.BUILD_BROKEN)), log=())))
    assert list(read.names.values()) == ["orchestrate", "run: build-broken", "findings"]
    empty = Read(perfetto_trace(page_of(run_result(Verdict.HANG), ())))
    assert "CPUs" not in empty.names.values() and "threads" not in empty.names.values()


def test_names_that_mean_harm_are_text() -> None:
    name = HOSTILE + "long" * 1000
    fields = ((name, name), ("pid", "90"))
    events = tuple(event._replace(event=name, task=name, fields=fields) for event in EVENTS)
    page = replace(page_of(run_result(Verdict.FAIL, name), events), damage=(name,),
                   log=(LogLine(1.0, 3, name),))  # fmt: skip
    read = Read(perfetto_trace(page))
    for each in read.names.values():
        assert each.replace("\t", "").isprintable() and len(each) < 4096


def test_of_one_time_the_order_is_kept() -> None:
    writer = TraceWriter()
    track = writer.track("t")
    for number in range(50):
        writer.begin(track, 1.0, f"{number}", {})
        writer.end(track, 1.0)
    assert [each[0] for each in Read(writer.done()).slices("t")] == [str(n) for n in range(50)]


def test_the_reader_sees_what_is_wrong() -> None:
    """A slice that is not closed, and one that is closed twice."""
    writer = TraceWriter()
    track = writer.track("t")
    writer.begin(track, 1.0, "x", {})
    with pytest.raises(AssertionError, match="without an end"):
        Read(writer.done()).slices("t")
    writer = TraceWriter()
    track = writer.track("t")
    writer.end(track, 1.0)
    with pytest.raises(IndexError):
        Read(writer.done()).slices("t")
