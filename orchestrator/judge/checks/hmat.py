# SPDX-License-Identifier: GPL-2.0-only
"""Does the guest's memory have the latency, bandwidth and caches that were asked for? What the
firmware's table lacks is our failure; what is in it and the kernel shows otherwise is its own."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import Case
from orchestrator.model import rundir
from orchestrator.model.guest_machine import GuestAccess, GuestCache, GuestHmat, HmatTable
from orchestrator.model.topology import Topology
from orchestrator.model.topology_parts import Hmat, SideCache
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

# enum cache_indexing and cache_write_policy of include/linux/node.h.
_INDEXING = {"direct": 0, "complex": 1, "none": 2}
_POLICY = {"write-back": 0, "write-through": 1, "none": 2}


def check_hmat(case: Case) -> Iterator[Finding]:
    guest, topology = case.evidence.guest, case.plan.topology
    if not guest.begun or not guest.nodes or not topology.hmat:
        return
    evidence = tuple(
        EvidenceLine(rundir.RESULTS, 0, f"guest's {one}")
        for one in (*guest.hmat.accesses, *guest.hmat.caches)
    )
    wrong = tuple(_table(topology.hmat, guest.hmat.table))
    for title in wrong:
        yield Finding(
            "hmat",
            Verdict.INFRASTRUCTURE,
            Fault.OURS,
            f"the guest is not the machine asked for: {title}",
            evidence,
            "does this QEMU version build another HMAT than the topology asks for?",
        )
    if wrong:
        return
    for title in (*_accesses(topology, guest.hmat), *_caches(topology.hmat, guest.hmat)):
        yield Finding(
            "hmat",
            Verdict.FAIL,
            Fault.KERNEL,
            f"the kernel shows another HMAT than the firmware gave it: {title}",
            evidence,
        )


def shown(case: Case) -> bool:
    """Is all of it there as asked, table and sysfs alike?"""
    topology, got = case.plan.topology, case.evidence.guest.hmat
    if not topology.hmat:
        return True
    wrong = (
        *_table(topology.hmat, got.table),
        *_accesses(topology, got),
        *_caches(topology.hmat, got),
    )
    return bool(got.accesses) and not wrong


def _table(hmat: Hmat, table: HmatTable | None) -> Iterator[str]:
    if table is None:
        yield "there is no HMAT that can be read"
        return
    there = {(pair.initiator, pair.target): pair for pair in table.pairs}
    for want in hmat.accesses:
        got = there.get((want.initiator, want.target))
        seen = (got.latency_ns, got.bandwidth_mib) if got else None
        if seen != (want.latency_ns, want.bandwidth_mib):
            pair = f"memory of node {want.target} from node {want.initiator}"
            shown = f"{seen[0]:g} ns, {seen[1]} MiB/s" if seen else "nothing"
            yield (
                f"the HMAT has {shown} for {pair} instead of "
                f"{want.latency_ns} ns, {want.bandwidth_mib} MiB/s"
            )
    asked = sorted((one.node, one.level, one.size_kib << 10) for one in hmat.caches)
    if sorted(table.caches) != asked:
        yield f"the HMAT has caches {sorted(table.caches)} instead of {asked} (node, level, bytes)"


def _accesses(topology: Topology, got: GuestHmat) -> Iterator[str]:
    assert topology.hmat
    there = {one.node: one for one in got.accesses}
    for node in topology.nodes:
        if node.mem_mib:
            own = topology.hmat.own(node)
            latency, bandwidth = str(own.latency_ns), str(own.bandwidth_mib)
            want = GuestAccess(
                node.id, (own.initiator,), (latency, latency), (bandwidth, bandwidth)
            )
            yield from _access(want, there.get(node.id))


def _access(want: GuestAccess, got: GuestAccess | None) -> Iterator[str]:
    if got is None:
        yield f"node {want.node} has no access0"
        return
    for name, asked, seen in (
        ("initiators", want.initiators, got.initiators),
        ("read and write latency", want.latency_ns, got.latency_ns),
        ("read and write bandwidth", want.bandwidth_mib, got.bandwidth_mib),
    ):
        if asked != seen:
            there, here = (", ".join(map(str, each)) or "none" for each in (seen, asked))
            yield f"{name} of node {want.node} are {there} instead of {here}"


def _caches(hmat: Hmat, got: GuestHmat) -> Iterator[str]:
    there = {(one.node, one.level): one for one in got.caches}
    for asked in hmat.caches:
        want, seen = _as_shown(asked), there.pop((asked.node, asked.level), None)
        if seen != want:
            yield f"the cache before node {asked.node} is {seen or 'not there'} instead of {want}"
    for seen in there.values():
        yield f"there is a cache that nobody asked for: {seen}"


def _as_shown(cache: SideCache) -> GuestCache:
    return GuestCache(
        cache.node,
        cache.level,
        cache.size_kib << 10,
        cache.line_bytes,
        _INDEXING[cache.associativity],
        _POLICY[cache.policy],
    )
