# SPDX-License-Identifier: GPL-2.0-only
"""What a machine may have besides nodes: an HMAT, and parts that come and go while it runs."""

from __future__ import annotations

import enum

from msgspec import Struct

from orchestrator.model.node import Node

FRAGMENT = "acpi"  # of kernel-configs/: what a kernel needs to see any of it
SECTION_MIB = 128  # memory comes and goes in sections (SECTION_SIZE_BITS of x86)


class Access(Struct, frozen=True):
    """HMAT: memory of node `target`, from the CPUs of node `initiator`: ns, and MiB/s."""

    initiator: int
    target: int
    latency_ns: int
    bandwidth_mib: int


class SideCache(Struct, frozen=True):
    """HMAT: a cache before a node's memory. level: from 1 on. associativity: "none", "direct" or
    "complex"; policy: "none", "write-back" or "write-through" (QEMU's words)."""

    node: int
    level: int
    size_kib: int
    line_bytes: int = 64
    associativity: str = "direct"
    policy: str = "write-back"


class Hmat(Struct, frozen=True):
    """initiators: (node without CPUs, the node whose CPUs are its own); accesses: each pair of a
    node with CPUs and one with memory."""

    accesses: tuple[Access, ...]
    caches: tuple[SideCache, ...] = ()
    initiators: tuple[tuple[int, int], ...] = ()

    def own(self, node: Node) -> Access:
        """Of a node's memory, from its own CPUs, or else those it is for: what the kernel calls
        access class 0, since the firmware names this node as the memory's initiator
        (hmat_update_target_attrs() in drivers/acpi/numa/hmat.c)."""
        near = node.id if node.cpus else dict(self.initiators)[node.id]
        return next(one for one in self.accesses if (one.initiator, one.target) == (near, node.id))


class When(enum.Enum):
    """START: before the first suite. ASKED: when a case asks, and after the last suite if none
    did."""

    START = "start"
    ASKED = "asked"


class Plug(Struct, frozen=True):
    """One part that comes to a node, or goes: a CPU (id), or a DIMM. movable: the kernel puts
    nothing of its own there, so that it can let go of it."""

    node: int
    cpu: int | None = None
    mem_mib: int = 0
    away: bool = False
    when: When = When.START
    movable: bool = False

    def __str__(self) -> str:
        what = f"{self.mem_mib} MiB" if self.cpu is None else f"CPU {self.cpu}"
        return f"{what} {'from' if self.away else 'to'} node {self.node}"

    def on(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        """The nodes, by id, after it."""
        return tuple(self._on(node) if node.id == self.node else node for node in nodes)

    def _on(self, node: Node) -> Node:
        if self.cpu is None:
            change = -self.mem_mib if self.away else self.mem_mib
            return Node(node.id, node.cpus, node.mem_mib + change)
        cpus = {*node.cpus} - {self.cpu} if self.away else {*node.cpus, self.cpu}
        return Node(node.id, tuple(sorted(cpus)), node.mem_mib)
