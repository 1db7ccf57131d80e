# SPDX-License-Identifier: GPL-2.0-only
"""What can be left out of a setup.

No move makes a machine stranger: a node that has memory and CPUs keeps some of both, since a
failure that does not care about an odd node should not end with one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from orchestrator.model.shrink import Setup
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.shrink import Dimension

FLOOR_MIB = 128  # of a node's memory that is halved, and of a machine's (config/topology.py)
GRAIN_MIB = 4  # as there
NAME = "shrunk"


def named(topology: Topology) -> Topology:
    """Known by its nodes alone, so that equal machines are equal."""
    return replace(topology, name=NAME, description="")


def machine(nodes: Sequence[Node], far: tuple[tuple[int, ...], ...] = ()) -> Topology | None:
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
    return _topology(fresh, tuple(tuple(far[a][b] for b in ids) for a in ids) if far else ())


def _topology(nodes: tuple[Node, ...], far: tuple[tuple[int, ...], ...]) -> Topology:
    plain = Topology(NAME, "", nodes)
    return plain if far in ((), plain.distance_table()) else replace(plain, distances=far)


def with_nodes(setup: Setup, nodes: Sequence[Node]) -> Setup | None:
    """The same with these nodes of its machine, changed or not; None if none can boot, or parts
    belong to the nodes as they are: those are left out first (odd())."""
    if setup.topology.fragments:
        return None
    made = machine(nodes, setup.topology.distances)
    return replace(setup, topology=made) if made else None


def _keep_suites(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    suites = tuple(name for name in setup.suites if name in kept)
    return replace(setup, suites=suites) if suites else None


def _keep_config(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    return replace(setup, config=tuple(name for name in setup.config if name in kept))


def odd(setup: Setup) -> tuple[tuple[str, int], ...]:
    """What is out of the ordinary in a machine: ("memory", node without), ("cpu", node without),
    ("distances", 0), ("hmat", 0), ("plugs", 0)."""
    nodes = setup.topology.nodes
    return (
        *(("memory", node.id) for node in nodes if not node.mem_mib),
        *(("cpu", node.id) for node in nodes if not node.cpus),
        *((("distances", 0),) if setup.topology.distances else ()),
        *((("hmat", 0),) if setup.topology.hmat else ()),
        *((("plugs", 0),) if setup.topology.plugs else ()),
    )


def _keep_odd(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    """All but these made ordinary: nodes get memory, CPUs, the default distances."""
    gone = {each for each in odd(setup) if each not in kept}
    if any((word, 0) in gone for word in ("hmat", "plugs")):
        plain = _without_parts(setup.topology, gone)
        return _keep_odd(replace(setup, topology=plain), kept) if plain else None
    if setup.topology.fragments:
        return None if gone else setup
    spare = iter(range(setup.topology.cpu_count, setup.topology.cpu_count + len(gone)))
    nodes = []
    for node in setup.topology.nodes:
        if ("memory", node.id) in gone:
            node = replace(node, mem_mib=FLOOR_MIB)
        if ("cpu", node.id) in gone:
            node = replace(node, cpus=(next(spare),))
        nodes.append(node)
    far = () if ("distances", 0) in gone else setup.topology.distances
    made = machine(nodes, far)
    return replace(setup, topology=made) if made else None


def _without_parts(topology: Topology, gone: set[tuple[str, int]]) -> Topology | None:
    """Without its HMAT, or what comes later; a node that had nothing before goes with that."""
    if ("hmat", 0) in gone:
        topology = replace(topology, hmat=None)
    if ("plugs", 0) not in gone:
        return topology
    return machine(topology.after(0), topology.distances)


def _keep_nodes(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    return with_nodes(setup, [node for node in setup.topology.nodes if node.id in kept])


def _others(setup: Setup) -> tuple[Hashable, ...]:
    """Nodes besides the one that boots."""
    return tuple(node.id for node in setup.topology.nodes if 0 not in node.cpus)


def _keep_apart(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    """CPUs and memory of the other nodes go to the one that boots."""
    nodes = setup.topology.nodes
    gone = [node for node in nodes if 0 not in node.cpus and node.id not in kept]
    left = []
    for node in nodes:
        if 0 in node.cpus:
            cpus = sorted((*node.cpus, *(cpu for each in gone for cpu in each.cpus)))
            mem_mib = node.mem_mib + sum(each.mem_mib for each in gone)
            left.append(Node(node.id, tuple(cpus), mem_mib))
        elif node not in gone:
            left.append(node)
    return with_nodes(setup, left)


def _cpus(setup: Setup) -> tuple[Hashable, ...]:
    """All but the first of each node."""
    nodes = setup.topology.nodes
    return tuple(sorted(cpu for node in nodes for cpu in node.cpus if cpu != min(node.cpus)))


def _keep_cpus(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    gone = {cpu for cpu in _cpus(setup) if cpu not in kept}
    nodes = setup.topology.nodes
    return with_nodes(
        setup, [replace(n, cpus=tuple(c for c in n.cpus if c not in gone)) for n in nodes]
    )


def _memory(setup: Setup) -> tuple[Hashable, ...]:
    """(node, MiB before): each halving down to the floor."""
    return tuple(step for node in setup.topology.nodes for step in _steps(node))


def _steps(node: Node) -> Iterator[tuple[int, int]]:
    size = node.mem_mib
    while size // 2 >= FLOOR_MIB and size % (2 * GRAIN_MIB) == 0:
        yield node.id, size
        size //= 2


def _keep_memory(setup: Setup, kept: tuple[Hashable, ...]) -> Setup | None:
    left = set(kept)
    nodes = setup.topology.nodes
    halved = {node.id: sum(step not in left for step in _steps(node)) for node in nodes}
    return with_nodes(
        setup, [replace(node, mem_mib=node.mem_mib >> halved[node.id]) for node in nodes]
    )


def _dimension(
    name: str,
    items: Callable[[Setup], tuple[Any, ...]],
    keep: Callable[[Setup, tuple[Hashable, ...]], Setup | None],
) -> Dimension[Setup]:
    return Dimension(name, items, keep)


SUITES = _dimension("suite", lambda setup: setup.suites, _keep_suites)
ODD = _dimension("odd", odd, _keep_odd)
CONFIG = _dimension("config", lambda setup: setup.config, _keep_config)
NODES = _dimension("node", lambda setup: tuple(n.id for n in setup.topology.nodes), _keep_nodes)
APART = _dimension("apart", _others, _keep_apart)
CPUS = _dimension("cpu", _cpus, _keep_cpus)
MEMORY = _dimension("memory", _memory, _keep_memory)
DIMENSIONS = (SUITES, ODD, CONFIG, NODES, APART, CPUS, MEMORY)


def size(setup: Setup) -> tuple[int, int, int, int, int, int, int]:
    """Whatever is left out makes it smaller: odd things, suites, all cases, fragments, nodes, CPUs,
    MiB."""
    topology = setup.topology
    return (
        len(odd(setup)),
        len(setup.suites),
        not setup.case,
        len(setup.config),
        len(topology.nodes),
        topology.cpu_count,
        topology.mem_mib,
    )
