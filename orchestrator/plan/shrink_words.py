# SPDX-License-Identifier: GPL-2.0-only
"""Setups, and what one leaves out of another, in words."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.shrink import Setup
from orchestrator.model.topology import Node, Topology

SHOWN = 3  # names of suites, beyond that their number
BASE = "base"  # what is left of a configuration without fragments


def counted(number: int, what: str) -> str:
    """ "1 node", "3 nodes", "no nodes" """
    return f"{number or 'no'} {what}{'s' * (number != 1)}"


def subject(setup: Setup) -> str:
    """What runs."""
    if setup.case:
        return f"{setup.suites[0]}.{setup.case}"
    if len(setup.suites) > SHOWN:
        return counted(len(setup.suites), "suite")
    return " and ".join(setup.suites)


def holds(node: Node) -> str:
    """ "2 CPUs, no memory" """
    memory = f"{node.mem_mib} MiB" if node.mem_mib else "no memory"
    return f"{counted(len(node.cpus), 'CPU')}, {memory}"


def described(topology: Topology) -> str:
    """ "2 nodes: 1 CPU, 128 MiB; 1 CPU, no memory" """
    nodes = "; ".join(holds(node) for node in topology.nodes)
    far = ", distances of its own" if topology.distances else ""
    hmat = ", an HMAT" if topology.hmat else ""
    later = f", {counted(len(topology.plugs), 'plug')}" if topology.plugs else ""
    return f"{counted(len(topology.nodes), 'node')}: {nodes}{far}{hmat}{later}"


def fragment(name: str) -> str:
    """Without its folder."""
    return name.rpartition("/")[2]


def fragments(setup: Setup) -> str:
    return ",".join(map(fragment, setup.config)) or BASE


def left_out(before: Setup, after: Setup) -> str:
    """What `after` has less, one dimension after the other."""
    return "; ".join(_left_out(before, after)) or "nothing"


def _left_out(before: Setup, after: Setup) -> Iterator[str]:
    gone = [name for name in before.suites if name not in after.suites]
    many = len(gone) > SHOWN
    if many:
        yield f"{subject(after)} of {len(before.suites)} suites"
    elif gone:
        yield f"without {', '.join(gone)}"
    if after.case and not before.case and not many:
        yield f"{after.case} alone"
    lost = [fragment(name) for name in before.config if name not in after.config]
    if lost:
        yield f"without the fragment{'s' * (len(lost) != 1)} {', '.join(lost)}"
    yield from _machine(before.topology, after.topology)


def _machine(before: Topology, after: Topology) -> Iterator[str]:
    if len(after.nodes) != len(before.nodes):
        yield f"{counted(len(after.nodes), 'node')} of {len(before.nodes)}"
    if after.cpu_count != before.cpu_count:
        yield f"{counted(after.cpu_count, 'CPU')} instead of {before.cpu_count}"
    odd = [sum(not node.mem_mib for node in each.nodes) for each in (before, after)]
    if odd[1] < odd[0] and len(after.nodes) == len(before.nodes):
        yield f"memory for {counted(odd[0] - odd[1], 'node')} that had none"
    elif after.mem_mib != before.mem_mib:
        yield f"{after.mem_mib} MiB instead of {before.mem_mib}"
    if before.distances and not after.distances:
        yield "the default distances"
    if before.hmat and not after.hmat:
        yield "no HMAT"
    if before.plugs and not after.plugs:
        yield "nothing comes or goes"
