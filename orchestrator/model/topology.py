# SPDX-License-Identifier: GPL-2.0-only
"""The NUMA machine asked for, and the one the guest says it got."""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.node import Node as Node
from orchestrator.model.topology_parts import FRAGMENT, Hmat, Plug


class Topology(Struct, frozen=True):
    """A virtual machine's nodes, ids 0..n-1 in order, as they are when it boots.

    distances: n x n ACPI SLIT values (10 on the diagonal); empty: QEMU's and the kernel's
    defaults (10 local, 20 remote). plugs: what comes and goes later, in order.
    """

    name: str
    description: str
    nodes: tuple[Node, ...]
    distances: tuple[tuple[int, ...], ...] = ()
    hmat: Hmat | None = None
    plugs: tuple[Plug, ...] = ()

    @property
    def cpu_count(self) -> int:
        """At boot."""
        return sum(len(node.cpus) for node in self.nodes)

    @property
    def mem_mib(self) -> int:
        """At boot."""
        return sum(node.mem_mib for node in self.nodes)

    @property
    def later_cpus(self) -> tuple[tuple[int, int], ...]:
        """(CPU, node) of those that are not there at boot, each once."""
        found = {one.cpu: one.node for one in self.plugs if one.cpu is not None}
        return tuple(sorted(found.items()))

    @property
    def most_cpus(self) -> int:
        """With all that ever come."""
        return self.cpu_count + len(self.later_cpus)

    @property
    def dimms(self) -> tuple[Plug, ...]:
        """The memory that comes later, in order."""
        return tuple(one for one in self.plugs if one.cpu is None and not one.away)

    @property
    def most_mem_mib(self) -> int:
        """With a slot's worth for each DIMM that ever comes."""
        return self.mem_mib + sum(one.mem_mib for one in self.dimms)

    @property
    def fragments(self) -> tuple[str, ...]:
        """Names of Kconfig fragments without which the kernel does not see this machine."""
        return (FRAGMENT,) if self.hmat or self.plugs else ()

    def device_id(self, at: int) -> str:
        """QEMU's name of what the at'th plug is about: a DIMM has that of the plug by which it
        came."""
        plug = self.plugs[at]
        if plug.cpu is not None:
            return f"cpu{plug.cpu}"
        there: list[int] = []
        for number, one in enumerate(self.plugs[: at + 1]):
            if (one.cpu, one.node, one.mem_mib) != (None, plug.node, plug.mem_mib):
                continue
            if not one.away:
                there.append(number)
                continue
            leaving = next(dimm for dimm in reversed(there) if self.plugs[dimm].movable)
            if number == at:
                return f"dimm{leaving}"
            there.remove(leaving)
        return f"dimm{at}"

    def after(self, plugs: int) -> tuple[Node, ...]:
        """The nodes that have something once so many plugs have happened."""
        nodes = self.nodes
        for plug in self.plugs[:plugs]:
            nodes = plug.on(nodes)
        return tuple(node for node in nodes if not node.empty)

    def distance_table(self) -> tuple[tuple[int, ...], ...]:
        """The SLIT values the guest must show, defaults filled in."""
        if self.distances:
            return self.distances
        ids = range(len(self.nodes))
        return tuple(tuple(10 if a == b else 20 for b in ids) for a in ids)


class GuestNode(Struct, frozen=True):
    """A node as the guest's sysfs shows it (/sys/devices/system/node/nodeN)."""

    id: int
    cpus: tuple[int, ...]
    mem_kib: int
    distances: tuple[int, ...]
