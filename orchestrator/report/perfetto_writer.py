# SPDX-License-Identifier: GPL-2.0-only
"""Tracks, slices and instants → the packets of a Perfetto trace, by Perfetto's own library."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
from perfetto.trace_builder.proto_builder import TraceProtoBuilder

from orchestrator.report.clean import clean

_SEQUENCE = 1
_LONGEST = 1000  # characters of a name or a value
_BEGIN = pb.TrackEvent.TYPE_SLICE_BEGIN
_END = pb.TrackEvent.TYPE_SLICE_END
_INSTANT = pb.TrackEvent.TYPE_INSTANT


class TraceWriter:
    """Packets; those of one time stay in the order in which they were given."""

    def __init__(self) -> None:
        self._trace = TraceProtoBuilder()
        self._ids = itertools.count(1)
        self._events: list[tuple[int, pb.TrackEvent]] = []
        first = self._packet()
        first.sequence_flags = pb.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED

    def track(self, name: str, parent: int = 0, rank: int = 0, *, ordered: bool = False) -> int:
        """A new track. rank: its place among its siblings, if the parent is ordered."""
        described = self._packet().track_descriptor
        described.uuid = next(self._ids)
        described.name = told(name)
        described.sibling_order_rank = rank
        if parent:
            described.parent_uuid = parent
        if ordered:
            described.child_ordering = pb.TrackDescriptor.EXPLICIT
        return int(described.uuid)

    def begin(self, track: int, time_s: float, name: str, facts: Mapping[str, str]) -> None:
        """A slice begins; slices of one track lie within each other."""
        self._add(_BEGIN, track, time_s, name, facts)

    def end(self, track: int, time_s: float) -> None:
        """The innermost slice of the track ends."""
        self._add(_END, track, time_s, "", {})

    def instant(self, track: int, time_s: float, name: str, facts: Mapping[str, str]) -> None:
        """Something that takes no time."""
        self._add(_INSTANT, track, time_s, name, facts)

    def done(self) -> bytes:
        """All of it, by time."""
        for time_ns, event in sorted(self._events, key=lambda pair: pair[0]):
            packet = self._packet()
            packet.timestamp = time_ns
            packet.track_event.CopyFrom(event)
        return bytes(self._trace.serialize())

    def _add(
        self, kind: int, track: int, time_s: float, name: str, facts: Mapping[str, str]
    ) -> None:
        event = pb.TrackEvent(type=kind, track_uuid=track)
        if name:
            event.name = told(name)
        for key, value in facts.items():
            event.debug_annotations.add(name=told(key), string_value=told(value))
        self._events.append((ns(time_s), event))

    def _packet(self) -> pb.TracePacket:
        packet = self._trace.add_packet()
        packet.trusted_packet_sequence_id = _SEQUENCE
        return packet


def ns(time_s: float) -> int:
    """Traces print microseconds: rounding to these gives back what was printed."""
    return max(0, round(time_s * 1e6)) * 1000


def told(text: str) -> str:
    return clean(text[:_LONGEST])
