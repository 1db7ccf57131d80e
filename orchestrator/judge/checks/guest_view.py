# SPDX-License-Identifier: GPL-2.0-only
"""Is the machine the guest sees the one that was asked for? If not, the failure is ours; unless
the kernel says that it was given all CPUs: those it did not bring up are its own failure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.judge.case import Case
from orchestrator.model import rundir
from orchestrator.model.topology import GuestNode, Node
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

# MemTotal leaves out what the kernel holds back at boot: its image, struct page (1.6 %),
# per-CPU areas, and what lies below 1 MiB. The share and the constant are generous; a
# node that got another's size is still seen.
_KEPT_SHARE = 0.10
_KEPT_MIB = 48


# How many CPUs the firmware's tables have: topology_init_possible_cpus() of
# arch/x86/kernel/cpu/topology.c since 6.9, prefill_possible_map() of smpboot.c before.
_GIVEN = re.compile(r"Allowing (\d+) (?:present CPUs plus \d+|CPUs, 0) hotplug CPUs")
# And of arm64, that this one was tried: __cpu_up() of arch/arm64/kernel/smp.c.
_TRIED = re.compile(r"CPU(\d+): failed to (?:come online|boot: -\d+)")


def check_guest_view(case: Case) -> Iterator[Finding]:
    if not case.evidence.guest.begun:
        return
    evidence = tuple(
        EvidenceLine(rundir.RESULTS, 0, f"guest's {node}") for node in case.evidence.guest.nodes
    )
    down, given = _not_brought_up(case)
    if down:
        yield Finding(
            "guest-view",
            Verdict.FAIL,
            Fault.KERNEL,
            f"the kernel did not bring up {_cpus(down)}, which the machine has",
            (*given, *evidence),
        )
    for title in _differences(case, down):
        yield Finding(
            "guest-view",
            Verdict.INFRASTRUCTURE,
            Fault.OURS,
            f"the guest is not the machine asked for: {title}",
            evidence,
            "does this QEMU version build other tables than the topology asks for?",
        )


def _not_brought_up(case: Case) -> tuple[frozenset[int], tuple[EvidenceLine, ...]]:
    """CPUs that the kernel was given and that are not online, and the line that says so."""
    count = case.plan.topology.cpu_count
    online = {cpu for node in case.evidence.guest.nodes for cpu in node.cpus}
    missing = frozenset(range(count)) - online if online else frozenset()
    for record in case.evidence.log.records if missing else ():
        found = _GIVEN.search(record.text)
        if found and int(found[1]) >= count:
            return missing, (EvidenceLine(rundir.KMSG, 0, record.text),)
    tried = {
        int(found[1]): EvidenceLine(rundir.KMSG, 0, record.text)
        for record in (case.evidence.log.records if missing else ())
        if (found := _TRIED.fullmatch(record.text))
    }
    if missing and missing <= tried.keys():
        return missing, tuple(tried[cpu] for cpu in sorted(missing))
    return frozenset(), ()


def _cpus(numbers: frozenset[int]) -> str:
    shown = ", ".join(map(str, sorted(numbers)))
    return f"CPU {shown}" if len(numbers) == 1 else f"CPUs {shown}"


def _differences(case: Case, down: frozenset[int]) -> Iterator[str]:
    """down: CPUs whose absence is told already."""
    seen = case.evidence.guest.nodes
    if not seen:
        if case.evidence.guest.suites or case.evidence.guest.ended:
            yield "it reported no nodes"
        return
    if not case.plan.numa:
        yield from _flat(case, seen[0], down)
        return
    yield from differences(case, case.plan.topology.after(0), seen, down)


def differences(
    case: Case,
    asked: tuple[Node, ...],
    seen: tuple[GuestNode, ...],
    down: frozenset[int] = frozenset(),
) -> Iterator[str]:
    """Between the nodes that should be there, all that have something, and those that are."""
    if [node.id for node in seen] != [node.id for node in asked]:
        yield f"nodes {[node.id for node in seen]} instead of {[node.id for node in asked]}"
        return
    table = case.plan.topology.distance_table()
    for want, got in zip(asked, seen, strict=True):
        yield from _node(want, got, case.plan.held_mib, down)
        # The kernel shows distances to the nodes that are online.
        far = tuple(table[want.id][node.id] for node in asked)
        if got.distances != far:
            yield f"node {want.id} is {got.distances} away from the others, not {far}"


def _node(want: Node, got: GuestNode, held_mib: int, down: frozenset[int]) -> Iterator[str]:
    if got.cpus != tuple(cpu for cpu in want.cpus if cpu not in down):
        yield f"node {want.id} has CPUs {list(got.cpus)} instead of {list(want.cpus)}"
    if not _fits(want.mem_mib, got.mem_kib, held_mib):
        yield f"node {want.id} has {got.mem_kib >> 10} MiB instead of {want.mem_mib}"


def _flat(case: Case, got: GuestNode, down: frozenset[int]) -> Iterator[str]:
    """Without CONFIG_NUMA there is one node's worth of everything."""
    topology = case.plan.topology
    if len(got.cpus) + len(down) != topology.cpu_count:
        yield f"{len(got.cpus)} CPUs instead of {topology.cpu_count}"
    if not _fits(topology.mem_mib, got.mem_kib, case.plan.held_mib):
        yield f"{got.mem_kib >> 10} MiB instead of {topology.mem_mib}"


def _fits(asked_mib: int, got_kib: int, held_mib: int) -> bool:
    if not asked_mib:
        return got_kib == 0
    least_kib = (asked_mib * (1 - _KEPT_SHARE) - _KEPT_MIB - held_mib) * 1024
    return max(least_kib, 1) <= got_kib <= asked_mib * 1024
