# SPDX-License-Identifier: GPL-2.0-only
"""What can be left out of a setup, and what can be added to the smallest one for contrast."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any

from orchestrator.model.shrink import Setup
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.shrink import Dimension

FLOOR_MIB = 128  # of a node's memory, and of a machine's (config/topology.py)
NAME = "shrunk"


def named(setup: Setup) -> Setup:
    """With a topology that is known by its nodes alone, so that equal machines are equal."""
    return replace(setup, topology=replace(setup.topology, name=NAME, description=""))


def dimensions(*, config: bool) -> tuple[Dimension[Setup], ...]:
    """Fast ones first: the fewer suites, the shorter each later run. config: also fragments."""
    return (
        Dimension("suite", lambda s: s.suites, _keep_suites),
        *((Dimension("config", lambda s: s.config, _keep_config),) if config else ()),
        Dimension("node", lambda s: tuple(n.id for n in s.topology.nodes), _keep_nodes),
        Dimension("cpu", _cpus, _keep_cpus),
        Dimension("memory", _memory, _keep_memory),
        Dimension("distances", lambda s: ("distances",) * bool(s.topology.distances), _keep_far),
    )


def machine(nodes: tuple[Node, ...], far: tuple[tuple[int, ...], ...] = ()) -> Topology | None:
    """These nodes with ids and CPUs numbered from 0, in their order; None if none can boot.

    far: the distance table of the nodes' own ids, () for the defaults.
    """
    order = {cpu: at for at, cpu in enumerate(sorted(c for node in nodes for c in node.cpus))}
    fresh = tuple(
        Node(at, tuple(order[cpu] for cpu in node.cpus), node.mem_mib)
        for at, node in enumerate(nodes)
    )
    boots = any(0 in node.cpus and node.mem_mib for node in fresh)
    empty = any(not node.cpus and not node.mem_mib for node in fresh)
    if not boots or empty or sum(node.mem_mib for node in fresh) < FLOOR_MIB:
        return None
    ids = [node.id for node in nodes]
    table = tuple(tuple(far[a][b] for b in ids) for a in ids) if far else ()
    if table == Topology(NAME, "", fresh).distance_table():
        table = ()
    return Topology(NAME, "", fresh, table)


def _with(setup: Setup, nodes: tuple[Node, ...]) -> Setup | None:
    made = machine(nodes, setup.topology.distances)
    return replace(setup, topology=made) if made else None


def _keep_suites(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    suites = tuple(name for name in setup.suites if name in kept)
    return replace(setup, suites=suites) if suites else None


def _keep_config(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    return replace(setup, config=tuple(name for name in setup.config if name in kept))


def _keep_nodes(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    return _with(setup, tuple(node for node in setup.topology.nodes if node.id in kept))


def _cpus(setup: Setup) -> tuple[Hashable, ...]:
    """All but CPU 0, without which nothing boots."""
    return tuple(cpu for cpu in range(1, setup.topology.cpu_count))


def _keep_cpus(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    left = {0, *kept}
    nodes = setup.topology.nodes
    return _with(
        setup, tuple(replace(n, cpus=tuple(c for c in n.cpus if c in left)) for n in nodes)
    )


def _memory(setup: Setup) -> tuple[Hashable, ...]:
    """(node, step): each halving down to the floor, and last the memory itself, if the node can
    do without."""
    return tuple(step for node in setup.topology.nodes for step in _steps(node))


def _steps(node: Node) -> Iterator[Hashable]:
    size = node.mem_mib
    while size // 2 >= FLOOR_MIB and size % 8 == 0:
        yield node.id, size
        size //= 2
    if node.mem_mib and node.cpus and 0 not in node.cpus:
        yield node.id, "any"


def _keep_memory(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    left = set(kept)

    def size(node: Node) -> int:
        gone = [step for step in _steps(node) if step not in left]
        if (node.id, "any") in gone:
            return 0
        return node.mem_mib >> len(gone)

    nodes = setup.topology.nodes
    return _with(setup, tuple(replace(node, mem_mib=size(node)) for node in nodes))


def _keep_far(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    return setup if kept else replace(setup, topology=replace(setup.topology, distances=()))


def less_one(setup: Setup, dimension: Dimension[Setup]) -> Iterator[tuple[str, Setup | None]]:
    """(condition that is given up, the setup without it) for each thing of a dimension."""
    items = dimension.items(setup)
    for item in items:
        kept = tuple(each for each in items if each != item)
        yield condition(setup, dimension.name, item), dimension.keep(setup, kept)


def more(setup: Setup) -> Iterator[tuple[str, str, Setup | None]]:
    """(dimension, condition that is given up, the setup without it): memory for nodes that have
    none, a CPU for those without."""
    nodes = setup.topology.nodes
    for at, node in enumerate(nodes):
        others = nodes[:at], nodes[at + 1 :]
        if not node.mem_mib:
            fuller = replace(node, mem_mib=FLOOR_MIB)
            yield ("memory", f"node {node.id} has no memory",
                   _with(setup, (*others[0], fuller, *others[1])))  # fmt: skip
        if not node.cpus:
            fuller = replace(node, cpus=(setup.topology.cpu_count,))
            yield ("cpu", f"node {node.id} has no CPU",
                   _with(setup, (*others[0], fuller, *others[1])))  # fmt: skip


def condition(setup: Setup, dimension: str, item: Any) -> str:
    """What holds with the item and not without it, in words."""
    nodes = setup.topology.nodes
    if dimension == "node":
        node = nodes[item]
        return f"there is node {item} ({_holds(node)}), {len(nodes)} nodes in all"
    if dimension == "cpu":
        node = next(node for node in nodes if item in node.cpus)
        count = len(node.cpus)
        return f"node {node.id} has {'a CPU' if count == 1 else f'{count} CPUs'}"
    if dimension == "memory":
        node = nodes[item[0]]
        if item[1] == "any":
            return f"node {node.id} has memory"
        return f"node {node.id} has {node.mem_mib} MiB"
    words = {"suite": f"suite {item} runs", "config": f"the fragment {item} is in"}
    return words.get(dimension, "the distances are these")


def _holds(node: Node) -> str:
    cpus = f"{len(node.cpus)} CPU{'s' * (len(node.cpus) != 1)}" if node.cpus else "no CPU"
    return f"{cpus}, {f'{node.mem_mib} MiB' if node.mem_mib else 'no memory'}"


def size(setup: Setup) -> tuple[int, int, int, int, int]:
    """For tests and reports: suites, fragments, nodes, CPUs, MiB."""
    topology = setup.topology
    return (
        len(setup.suites),
        len(setup.config),
        len(topology.nodes),
        topology.cpu_count,
        topology.mem_mib,
    )
