# SPDX-License-Identifier: GPL-2.0-only
"""Topologies: TOML files that describe a NUMA machine.

description = "two nodes, the second without memory"
[[node]]
cpus = "0-1"        # a cpulist; "" or left out: a node without CPUs
mem_mib = 512       # 0: a node without memory
[[node]]
cpus = "2"
mem_mib = 0
distances = [[10, 20], [20, 10]]   # optional, above the nodes; ACPI SLIT values

How far and how fast memory is, and what comes and goes while the machine runs, is in tables of
config/topology_hmat.py and topology_plugs.py.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

from orchestrator.config.assets import data_dir
from orchestrator.config.nearest import unknown
from orchestrator.config.toml_where import Where
from orchestrator.config.topology_hmat import read_hmat, read_initiator
from orchestrator.config.topology_plugs import read_plugs
from orchestrator.config.topology_rows import TABLES
from orchestrator.model.errors import UsageError
from orchestrator.model.node import Node
from orchestrator.model.topology import Topology

MAX_NODES = 64  # CONFIG_NODES_SHIFT=6 in kernel-configs/numa.config
MAX_CPUS = 64  # CONFIG_NR_CPUS in kernel-configs/base.config
MIN_MEM_MIB = 128  # the smallest guest the base configuration boots in
MAX_MEM_MIB = 1 << 20
NODE_GRAIN_MIB = 4  # smaller or odd sizes are rounded by the kernel's SRAT handling

_KEYS = {"description", "node", "distances", "mem_mib_total", *TABLES}
_NODE_KEYS = {"cpus", "mem_mib", "initiator"}


def shipped() -> dict[str, Path]:
    """Name → file of every shipped topology."""
    return {path.stem: path for path in sorted(data_dir("topologies").glob("*.toml"))}


def load_topology(spec: str) -> Topology:
    """A topology by name or file. UsageError says what, where and what to do."""
    known = shipped()
    path = known.get(spec, Path(spec))
    if spec not in known and not ("/" in spec or spec.endswith(".toml")):
        raise unknown("topology", spec, known)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the topology {path}: {error}") from error
    return parse_topology(path, text)


def parse_topology(path: Path, text: str) -> Topology:
    """The topology in `text`; `path` names it in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        number = line[1] if line else max(1, len(text.splitlines()))  # "at end of document"
        raise UsageError(f"{path}:{number}: {error}", "topologies are TOML") from error
    where = Where(path, text)
    for key in table.keys() - _KEYS:
        raise where.error(key, f"unknown key {key!r}", f"known keys: {', '.join(sorted(_KEYS))}")
    raw_nodes = table.get("node")
    if not isinstance(raw_nodes, list) or not raw_nodes:
        raise where.error("node", "no [[node]] table", "describe at least one node")
    if len(raw_nodes) > MAX_NODES:
        raise where.error("node", f"{len(raw_nodes)} nodes", f"the guest has room for {MAX_NODES}")
    nodes = tuple(_node(where, index, raw) for index, raw in enumerate(raw_nodes))
    plugs = read_plugs(where, table, nodes)
    for node in nodes:
        if node.empty and all(plug.node != node.id for plug in plugs):
            hint = "give it CPUs, memory or both, or a [[plug]] that does"
            message = f"node {node.id} has neither CPUs nor memory"
            raise where.error("node", message, hint, node.id)
    _check_machine(where, nodes, table.get("mem_mib_total"))
    distances = _distances(where, table.get("distances"), len(nodes))
    hmat = read_hmat(where, table, nodes, _initiators(where, nodes, raw_nodes))
    made = Topology(path.stem, str(table.get("description", "")), nodes, distances, hmat, plugs)
    _check_later_cpus(where, made)
    return made


def parse_cpulist(text: str) -> tuple[int, ...]:
    """ "0-2,5" → (0, 1, 2, 5). Raises ValueError."""
    cpus: list[int] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        first, _, last = part.partition("-")
        low, high = int(first), int(last or first)
        if not 0 <= low <= high < MAX_CPUS:
            raise ValueError(f"{part!r} is no range of CPUs below {MAX_CPUS}")
        cpus.extend(range(low, high + 1))
    if len(set(cpus)) != len(cpus):
        raise ValueError(f"a CPU is listed twice in {text!r}")
    return tuple(sorted(cpus))


def _node(where: Where, index: int, raw: Any) -> Node:
    if not isinstance(raw, dict):
        raise where.error("node", "node is not a [[node]] table", "write [[node]]")
    for key in raw.keys() - _NODE_KEYS:
        message = f"unknown key {key!r} in node {index}"
        raise where.error(key, message, "known keys: cpus, initiator, mem_mib", index)
    mem_mib = raw.get("mem_mib")
    if type(mem_mib) is not int or mem_mib < 0 or mem_mib % NODE_GRAIN_MIB:
        hint = f"a multiple of {NODE_GRAIN_MIB}; 0 for a node without memory"
        raise where.error("mem_mib", f"node {index}: mem_mib is {mem_mib!r}", hint, index)
    try:
        cpus = parse_cpulist(str(raw.get("cpus", "")))
    except ValueError as error:
        hint = 'a cpulist like "0-1,4"'
        raise where.error("cpus", f"node {index}: {error}", hint, index) from error
    return Node(index, cpus, mem_mib)


def _initiators(where: Where, nodes: tuple[Node, ...], raw: list[Any]) -> dict[int, int]:
    own = {node.id for node in nodes if node.cpus}
    return {
        at: read_initiator(where, at, table["initiator"], at in own, own)
        for at, table in enumerate(raw)
        if "initiator" in table
    }


def _check_later_cpus(where: Where, topology: Topology) -> None:
    """QEMU boots with the first of all CPUs it knows of."""
    later = [cpu for cpu, _ in topology.later_cpus]
    if later != list(range(topology.cpu_count, topology.most_cpus)):
        at = next(n for n, plug in enumerate(topology.plugs) if plug.cpu is not None)
        hint = f"number them from {topology.cpu_count} on, without gaps"
        raise where.error("cpu", f"the CPUs that come later are {later}", hint, at, "plug")
    if topology.most_cpus > MAX_CPUS:
        raise where.error("plug", f"{topology.most_cpus} CPUs", f"{MAX_CPUS} at most")


def _check_machine(where: Where, nodes: tuple[Node, ...], mem_mib_total: Any) -> None:
    for one, other in itertools.combinations(nodes, 2):
        if both := set(one.cpus) & set(other.cpus):
            message = f"CPU {min(both)} is in node {one.id} and in node {other.id}"
            raise where.error("cpus", message, "a CPU belongs to one node", other.id)
    cpus = sorted(cpu for node in nodes for cpu in node.cpus)
    if not cpus or cpus != list(range(len(cpus))) or len(cpus) > MAX_CPUS:
        hint = f"number them from 0 without gaps, {MAX_CPUS} at most"
        raise where.error("cpus", f"the machine's CPUs are {cpus}", hint)
    total = sum(node.mem_mib for node in nodes)
    if mem_mib_total is not None and mem_mib_total != total:
        message = f"mem_mib_total is {mem_mib_total}, the nodes sum to {total}"
        raise where.error("mem_mib_total", message, "make them agree, or leave the total out")
    if not MIN_MEM_MIB <= total <= MAX_MEM_MIB:
        hint = f"between {MIN_MEM_MIB} and {MAX_MEM_MIB}"
        raise where.error("mem_mib", f"the nodes' memory sums to {total} MiB", hint)
    boot_node = next(node for node in nodes if 0 in node.cpus)
    if not boot_node.mem_mib:
        message = f"node {boot_node.id} has CPU 0 and no memory"
        raise where.error("mem_mib", message, "the boot CPU's node needs memory", boot_node.id)


def _distances(where: Where, raw: Any, count: int) -> tuple[tuple[int, ...], ...]:
    if raw is None:
        return ()
    rows = raw if isinstance(raw, list) else []
    square = len(rows) == count and all(isinstance(r, list) and len(r) == count for r in rows)
    if not square:
        raise where.error("distances", "not a square table", f"{count} rows of {count} numbers")
    for a, b in itertools.product(range(count), repeat=2):
        value = rows[a][b]
        legal = type(value) is int and (value == 10 if a == b else 11 <= value <= 254)
        if not legal:
            hint = "10 on the diagonal, 11 to 254 elsewhere (ACPI SLIT; 255 is unreachable)"
            raise where.error("distances", f"distance {a} to {b} is {value!r}", hint)
    return tuple(tuple(row) for row in rows)
