# SPDX-License-Identifier: GPL-2.0-only
"""What a topology's file says of its HMAT.

[[node]]
mem_mib = 256
initiator = 0            # with an HMAT, of a node without CPUs: whose CPUs its memory is for

[[access]]               # HMAT: one for each pair of a node with CPUs and one with memory
from = 0
to = 2
latency_ns = 400         # ACPI has 16 bits for it: below 65535 in the table's unit
bandwidth_mib = 2048     # MiB/s

[[side_cache]]           # HMAT, optional: a cache before a node's memory
node = 2
level = 1                # 1 to 3, all below it there as well
size_kib = 16384
line_bytes = 64          # these three may be left out
associativity = "direct" # none, direct, complex
policy = "write-back"    # none, write-back, write-through
"""

from __future__ import annotations

import itertools
from typing import Any

from orchestrator.config.toml_where import Where
from orchestrator.config.topology_rows import number, rows_of, word
from orchestrator.model.node import Node
from orchestrator.model.topology_parts import (
    Access,
    Hmat,
    SideCache,
)

MAX_LATENCY_NS = 60_000
MAX_BANDWIDTH_MIB = 60_000  # entries are 16 bits in units of 1 MiB/s
MAX_LEVEL = 3  # HMAT_LB_LEVELS - 1 of QEMU's include/sysemu/numa.h
_ASSOCIATIVITY = ("none", "direct", "complex")
_POLICY = ("none", "write-back", "write-through")


def read_hmat(
    where: Where, table: dict[str, Any], nodes: tuple[Node, ...], initiators: dict[int, int]
) -> Hmat | None:
    """The HMAT, None if there is none. initiators: as nodes without CPUs name theirs."""
    rows = rows_of(where, table, "access")
    caches = rows_of(where, table, "side_cache")
    if not rows:
        for name, given in (("side_cache", caches), ("initiator", initiators)):
            if given:
                hint = "an HMAT has an [[access]] table for each pair of nodes"
                raise where.error(name, f"{name} without [[access]]", hint)
        return None
    accesses = tuple(_access(where, at, row, nodes) for at, row in enumerate(rows))
    _check_pairs(where, accesses, nodes)
    for node in nodes:
        if not node.cpus and node.id not in initiators:
            hint = f"say whose CPUs node {node.id} is for, as in initiator = 0"
            raise where.error("mem_mib", f"node {node.id} has no initiator", hint, node.id)
    found = tuple(_cache(where, at, row, nodes) for at, row in enumerate(caches))
    _check_caches(where, found)
    return Hmat(accesses, found, tuple(sorted(initiators.items())))


def read_initiator(where: Where, index: int, raw: Any, cpus: bool, with_cpus: set[int]) -> int:
    """Of a node that has no CPUs."""
    if cpus:
        hint = "a node with CPUs is its own initiator: leave it out"
        raise where.error("initiator", f"node {index}: initiator", hint, index)
    if type(raw) is not int or raw not in with_cpus:
        hint = f"nodes with CPUs: {', '.join(map(str, sorted(with_cpus)))}"
        raise where.error("initiator", f"node {index}: initiator is {raw!r}", hint, index)
    return raw


def _access(where: Where, at: int, row: dict[str, Any], nodes: tuple[Node, ...]) -> Access:
    last = len(nodes) - 1
    access = Access(
        number(where, "access", at, row, "from", 0, last),
        number(where, "access", at, row, "to", 0, last),
        number(where, "access", at, row, "latency_ns", 1, MAX_LATENCY_NS),
        number(where, "access", at, row, "bandwidth_mib", 1, MAX_BANDWIDTH_MIB),
    )
    if not nodes[access.initiator].cpus:
        message = f"access {at}: node {access.initiator} has no CPUs"
        raise where.error("from", message, "memory is accessed by CPUs", at, "access")
    if not nodes[access.target].mem_mib:
        message = f"access {at}: node {access.target} has no memory"
        raise where.error("to", message, "only memory is accessed", at, "access")
    return access


def _check_pairs(where: Where, accesses: tuple[Access, ...], nodes: tuple[Node, ...]) -> None:
    pairs = [(each.initiator, each.target) for each in accesses]
    for at, pair in enumerate(pairs):
        if pair in pairs[:at]:
            message = f"access from {pair[0]} to {pair[1]} is there twice"
            raise where.error("from", message, "leave one of them out", at, "access")
    for a, b in itertools.product(nodes, repeat=2):
        if a.cpus and b.mem_mib and (a.id, b.id) not in pairs:
            hint = "each pair of a node with CPUs and one with memory has one"
            raise where.error("access", f"no [[access]] from {a.id} to {b.id}", hint)


def _cache(where: Where, at: int, row: dict[str, Any], nodes: tuple[Node, ...]) -> SideCache:
    name = "side_cache"
    cache = SideCache(
        number(where, name, at, row, "node", 0, len(nodes) - 1),
        number(where, name, at, row, "level", 1, MAX_LEVEL),
        number(where, name, at, row, "size_kib", 1, 1 << 30),
        number(where, name, at, {"line_bytes": 64, **row}, "line_bytes", 1, 65535),
        word(where, name, at, row, "associativity", _ASSOCIATIVITY, "direct"),
        word(where, name, at, row, "policy", _POLICY, "write-back"),
    )
    if not nodes[cache.node].mem_mib:
        message = f"side_cache {at}: node {cache.node} has no memory"
        raise where.error("node", message, "it is a cache before memory", at, name)
    return cache


def _check_caches(where: Where, caches: tuple[SideCache, ...]) -> None:
    """QEMU wants levels without gaps, each smaller than the one above (hw/core/numa.c)."""
    for at, cache in enumerate(caches):
        below = [each for each in caches[:at] if each.node == cache.node]
        levels = [each.level for each in below]
        if cache.level != len(levels) + 1:
            hint = "levels of a node are 1, 2, 3, in this order"
            raise where.error("level", f"side_cache {at}: level {cache.level}", hint, at,
                              "side_cache")  # fmt: skip
        if below and cache.size_kib <= below[-1].size_kib:
            message = f"side_cache {at} is no larger than the one below it"
            raise where.error("size_kib", message, "levels grow", at, "side_cache")
