# SPDX-License-Identifier: GPL-2.0-only
"""The NUMA machine asked for, and the one the guest says it got."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """One NUMA node: its CPUs (ids, ascending) and memory (0: memoryless)."""

    id: int
    cpus: tuple[int, ...]
    mem_mib: int


@dataclass(frozen=True)
class Topology:
    """A virtual machine's nodes, ids 0..n-1 in order.

    distances: n x n ACPI SLIT values (10 on the diagonal); empty: QEMU's and the kernel's
    defaults (10 local, 20 remote).
    """

    name: str
    description: str
    nodes: tuple[Node, ...]
    distances: tuple[tuple[int, ...], ...] = ()

    @property
    def cpu_count(self) -> int:
        return sum(len(node.cpus) for node in self.nodes)

    @property
    def mem_mib(self) -> int:
        return sum(node.mem_mib for node in self.nodes)

    def distance_table(self) -> tuple[tuple[int, ...], ...]:
        """The SLIT values the guest must show, defaults filled in."""
        if self.distances:
            return self.distances
        ids = range(len(self.nodes))
        return tuple(tuple(10 if a == b else 20 for b in ids) for a in ids)


@dataclass(frozen=True)
class GuestNode:
    """A node as the guest's sysfs shows it (/sys/devices/system/node/nodeN)."""

    id: int
    cpus: tuple[int, ...]
    mem_kib: int
    distances: tuple[int, ...]
