# SPDX-License-Identifier: GPL-2.0-only
"""Nodes, distances, HMAT and room for what comes later, as QEMU's options (qemu-options.hx)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator.model.topology import Topology
from orchestrator.model.topology_parts import Hmat


def machine_options(topology: Topology) -> str:
    """For -machine, "" if there are none."""
    return ",hmat=on" if topology.hmat else ""


def nodes(topology: Topology, backend: Callable[[int], str]) -> Iterator[str]:
    """All words. backend: of a node's memory, an -object without its size.

    CPUs that come later are known from the start, as absent ones: QEMU has the first `cpus` of
    them at boot.
    """
    most = topology.most_cpus
    room = f",slots={len(topology.dimms)},maxmem={topology.most_mem_mib}M"
    yield from ("-m", f"{topology.mem_mib}{f'M{room}' if topology.dimms else ''}")
    counts = f"{topology.cpu_count},maxcpus={most}" if topology.later_cpus else f"{most}"
    yield from ("-smp", f"{counts},sockets={most},cores=1,threads=1")
    later = topology.later_cpus
    initiators = dict(topology.hmat.initiators) if topology.hmat else {}
    for node in topology.nodes:
        more = ""
        if node.mem_mib:
            more = f",memdev=ram{node.id}"
            yield from ("-object", f"{backend(node.id)},size={node.mem_mib}M")
        if node.id in initiators:
            more += f",initiator={initiators[node.id]}"
        yield from ("-numa", f"node,nodeid={node.id}{more}")
        for cpu in (*node.cpus, *(cpu for cpu, home in later if home == node.id)):
            yield from ("-numa", f"cpu,node-id={node.id},socket-id={cpu}")
    for a, row in enumerate(topology.distances):
        for b, value in enumerate(row):
            yield from ("-numa", f"dist,src={a},dst={b},val={value}")
    if topology.hmat:
        yield from _hmat(topology.hmat)


def _hmat(hmat: Hmat) -> Iterator[str]:
    """QEMU wants caches after the numbers they go with."""
    for each in hmat.accesses:
        pair = f"hmat-lb,initiator={each.initiator},target={each.target},hierarchy=memory"
        yield from ("-numa", f"{pair},data-type=access-latency,latency={each.latency_ns}")
        yield from ("-numa", f"{pair},data-type=access-bandwidth,bandwidth={each.bandwidth_mib}M")
    for cache in hmat.caches:
        yield from (
            "-numa",
            f"hmat-cache,node-id={cache.node},size={cache.size_kib}K,level={cache.level}"
            f",associativity={cache.associativity},policy={cache.policy},line={cache.line_bytes}",
        )
