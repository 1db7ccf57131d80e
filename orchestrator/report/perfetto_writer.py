# SPDX-License-Identifier: GPL-2.0-only
"""Tracks, slices and instants → the packets of a Perfetto trace, by Perfetto's own library."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
from perfetto.trace_builder.proto_builder import TraceProtoBuilder

from orchestrator.report.clean import clean

_SEQUENCE = 1
_LONGEST = 1000  # characters of a name or a value
_BEGIN = pb.TrackEvent.TYPE_SLICE_BEGIN
_END = pb.TrackEvent.TYPE_SLICE_END
_APART = pb.TrackDescriptor.SIBLING_MERGE_BEHAVIOR_NONE
_INSTANT = pb.TrackEvent.TYPE_INSTANT
_Event = tuple[int, int, int, str, Mapping[str, str]]  # time in ns, type, track, name, facts


class TraceWriter:
    """Packets are made at the end, by time; those of one time stay in the order they came in.

    Names are sent once and meant by number from then on (InternedData): traces have few of them.
    """

    def __init__(self) -> None:
        self._trace = TraceProtoBuilder()
        self._ids = itertools.count(1)
        self._events: list[_Event] = []
        self._names: dict[str, int] = {}
        self._keys: dict[str, int] = {}
        self._packet().sequence_flags = pb.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
        self._root = 0  # uuid of the track that is at the top of all others
        self._root = self.track("orchestrate", ordered=True)

    def track(self, name: str, parent: int = 0, rank: int = 0, *, ordered: bool = False) -> int:
        """A new track, below "orchestrate" if it has no other parent: Perfetto's UI orders children
        alone, and what stands at its top by name. rank: its place among its siblings, if the parent
        is ordered.

        Siblings of one name would be one track unless told apart (TrackDescriptor,
        sibling_merge_behavior); two threads that had one pid, one after the other, are two.
        """
        described = self._packet().track_descriptor
        described.uuid = next(self._ids)
        described.name = shown(name)
        described.sibling_order_rank = rank
        described.sibling_merge_behavior = _APART
        if parent or self._root:
            described.parent_uuid = parent or self._root
        if ordered:
            described.child_ordering = pb.TrackDescriptor.EXPLICIT
        return int(described.uuid)

    def begin(self, track: int, time_s: float, name: str, facts: Mapping[str, str]) -> None:
        """A slice begins; slices of one track lie within each other."""
        self._events.append((_ns(time_s), _BEGIN, track, name, facts))

    def end(self, track: int, time_s: float) -> None:
        """The innermost slice of the track ends."""
        self._events.append((_ns(time_s), _END, track, "", {}))

    def instant(self, track: int, time_s: float, name: str, facts: Mapping[str, str]) -> None:
        """Something that takes no time."""
        self._events.append((_ns(time_s), _INSTANT, track, name, facts))

    def done(self) -> bytes:
        """All of it."""
        for time_ns, kind, track, name, facts in sorted(self._events, key=lambda each: each[0]):
            packet = self._packet()
            packet.timestamp = time_ns
            packet.sequence_flags = pb.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
            event = packet.track_event
            event.type = kind
            event.track_uuid = track
            if name:
                event.name_iid = self._number(self._names, name, packet.interned_data.event_names)
            for key, value in facts.items():
                names = packet.interned_data.debug_annotation_names
                number = self._number(self._keys, key, names)
                event.debug_annotations.add(name_iid=number, string_value=shown(value))
        return bytes(self._trace.serialize())

    @staticmethod
    def _number(known: dict[str, int], name: str, new: Any) -> int:
        """Of a name; one that is not known yet goes with this packet."""
        number = known.get(name)
        if number is None:
            number = known[name] = len(known) + 1
            new.add(iid=number, name=shown(name))
        return number

    def _packet(self) -> pb.TracePacket:
        packet = self._trace.add_packet()
        packet.trusted_packet_sequence_id = _SEQUENCE
        return packet


def _ns(time_s: float) -> int:
    """Traces print microseconds: rounding to these gives back what was printed."""
    return max(0, round(time_s * 1e6)) * 1000


def shown(text: str) -> str:
    """Text that a guest or a user wrote, cut, and harmless."""
    return text if len(text) < _LONGEST and text.isprintable() else clean(text[:_LONGEST])
