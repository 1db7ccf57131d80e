# SPDX-License-Identifier: GPL-2.0-only
"""What a guest says of its HMAT, and of parts that came and went."""

from __future__ import annotations

import enum

from msgspec import Struct

from orchestrator.model.topology import GuestNode


class GuestAccess(Struct, frozen=True):
    """Access class 0 of a node's memory, as sysfs shows it
    (Documentation/admin-guide/mm/numaperf.rst): ns and MiB/s, for reading and writing; "-": not
    there."""

    node: int
    initiators: tuple[int, ...]
    latency_ns: tuple[str, str]
    bandwidth_mib: tuple[str, str]


class GuestCache(Struct, frozen=True):
    """memory_side_cache/indexN of a node. indexing, write_policy: numbers of include/linux/node.h;
    -1: not there."""

    node: int
    level: int
    size_bytes: int
    line_bytes: int
    indexing: int
    write_policy: int


class TablePair(Struct, frozen=True):
    """A pair of the firmware's own table: ns and MiB/s."""

    initiator: int
    target: int
    latency_ns: float = 0.0
    bandwidth_mib: int = 0


class HmatTable(Struct, frozen=True):
    """What the firmware gave the kernel. caches: (node, level, bytes)."""

    pairs: tuple[TablePair, ...] = ()
    caches: tuple[tuple[int, int, int], ...] = ()


class GuestHmat(Struct, frozen=True):
    """accesses, caches: as the kernel shows them. table: None if there was none, or it cannot be
    read."""

    accesses: tuple[GuestAccess, ...] = ()
    caches: tuple[GuestCache, ...] = ()
    table: HmatTable | None = None


class PlugState(enum.Enum):
    """SEEN: it is there, or gone. DOWN: the kernel knows of it and did not bring it up. LOST:
    nothing was seen of it. ASKED: the guest asked for it and said no more."""

    SEEN = "seen"
    DOWN = "down"
    LOST = "lost"
    ASKED = "asked"


class GuestPlug(Struct, frozen=True):
    """number: of Topology.plugs. Times are the guest's uptime; nodes: as they are then."""

    number: int
    state: PlugState
    asked_s: float
    done_s: float | None = None
    nodes: tuple[GuestNode, ...] = ()
