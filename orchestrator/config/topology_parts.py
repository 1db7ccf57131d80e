# SPDX-License-Identifier: GPL-2.0-only
"""What a topology's file says of its HMAT, and of parts that come and go.

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

[[plug]]                 # in the order they happen
when = "start"           # before the first suite; "asked": when a case asks for it
node = 1
cpu = 2                  # or mem_mib = 128
away = true              # it goes again; left out: it comes
movable = true           # of memory: the kernel puts nothing of its own there
"""

from __future__ import annotations

import itertools
from typing import Any

from orchestrator.config.toml_where import Where
from orchestrator.model.node import Node
from orchestrator.model.topology_parts import (
    SECTION_MIB,
    Access,
    Hmat,
    Plug,
    SideCache,
    When,
)

MAX_LATENCY_NS = 60_000
MAX_BANDWIDTH_MIB = 60_000  # entries are 16 bits in units of 1 MiB/s
MAX_PLUGS = 32
MAX_LEVEL = 3  # HMAT_LB_LEVELS - 1 of QEMU's include/sysemu/numa.h
_KEYS = {
    "access": {"from", "to", "latency_ns", "bandwidth_mib"},
    "side_cache": {"node", "level", "size_kib", "line_bytes", "associativity", "policy"},
    "plug": {"when", "node", "cpu", "mem_mib", "away", "movable"},
}
TABLES = tuple(_KEYS)
_ASSOCIATIVITY = ("none", "direct", "complex")
_POLICY = ("none", "write-back", "write-through")


def read_hmat(
    where: Where, table: dict[str, Any], nodes: tuple[Node, ...], initiators: dict[int, int]
) -> Hmat | None:
    """The HMAT, None if there is none. initiators: as nodes without CPUs name theirs."""
    rows = _rows(where, table, "access")
    caches = _rows(where, table, "side_cache")
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


def read_plugs(where: Where, table: dict[str, Any], nodes: tuple[Node, ...]) -> tuple[Plug, ...]:
    """What comes and goes, each step of it possible after those before it."""
    rows = _rows(where, table, "plug")
    if rows and table.get("access"):
        hint = "an HMAT describes the machine that boots: make two topologies of it"
        raise where.error("plug", "[[plug]] and [[access]] exclude each other", hint)
    if len(rows) > MAX_PLUGS:
        raise where.error("plug", f"{len(rows)} plugs", f"{MAX_PLUGS} at most")
    plugs: list[Plug] = []
    now = nodes
    for at, row in enumerate(rows):
        plug = _plug(where, at, row, nodes)
        _check_plug(where, at, plug, plugs, now)
        plugs.append(plug)
        now = plug.on(now)
    if sorted(plugs, key=lambda plug: plug.when is When.ASKED) != plugs:
        at = next(n for n, (a, b) in enumerate(itertools.pairwise(plugs), 1)
                  if (a.when, b.when) == (When.ASKED, When.START))  # fmt: skip
        hint = "what happens at the start comes first in the file"
        raise where.error("when", "a plug at the start after one that is asked for", hint, at,
                          "plug")  # fmt: skip
    return tuple(plugs)


def _rows(where: Where, table: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise where.error(name, f"{name} is not a [[{name}]] table", f"write [[{name}]]")
    known = _KEYS[name]
    for at, row in enumerate(rows):
        for key in row.keys() - known:
            hint = f"known keys: {', '.join(sorted(known))}"
            raise where.error(key, f"unknown key {key!r} in {name} {at}", hint, at, name)
    return rows


def _number(
    where: Where, name: str, at: int, row: dict[str, Any], key: str, low: int, high: int
) -> int:
    value = row.get(key)
    if type(value) is not int or not low <= value <= high:
        hint = f"a number from {low} to {high}"
        raise where.error(key, f"{name} {at}: {key} is {value!r}", hint, at, name)
    return value


def _word(
    where: Where, name: str, at: int, row: dict[str, Any], key: str, words: tuple[str, ...],
    default: str,
) -> str:  # fmt: skip
    value = row.get(key, default)
    if value not in words:
        hint = f"one of {', '.join(words)}"
        raise where.error(key, f"{name} {at}: {key} is {value!r}", hint, at, name)
    return str(value)


def _flag(where: Where, name: str, at: int, row: dict[str, Any], key: str) -> bool:
    value = row.get(key, False)
    if not isinstance(value, bool):
        raise where.error(key, f"{name} {at}: {key} is {value!r}", "true or false", at, name)
    return value


def _access(where: Where, at: int, row: dict[str, Any], nodes: tuple[Node, ...]) -> Access:
    last = len(nodes) - 1
    access = Access(
        _number(where, "access", at, row, "from", 0, last),
        _number(where, "access", at, row, "to", 0, last),
        _number(where, "access", at, row, "latency_ns", 1, MAX_LATENCY_NS),
        _number(where, "access", at, row, "bandwidth_mib", 1, MAX_BANDWIDTH_MIB),
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
        _number(where, name, at, row, "node", 0, len(nodes) - 1),
        _number(where, name, at, row, "level", 1, MAX_LEVEL),
        _number(where, name, at, row, "size_kib", 1, 1 << 30),
        _number(where, name, at, {"line_bytes": 64, **row}, "line_bytes", 1, 65535),
        _word(where, name, at, row, "associativity", _ASSOCIATIVITY, "direct"),
        _word(where, name, at, row, "policy", _POLICY, "write-back"),
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


def _plug(where: Where, at: int, row: dict[str, Any], nodes: tuple[Node, ...]) -> Plug:
    name = "plug"
    node = _number(where, name, at, row, "node", 0, len(nodes) - 1)
    if ("cpu" in row) == ("mem_mib" in row):
        hint = "one part at a time: cpu = 2, or mem_mib = 128"
        raise where.error("plug", f"plug {at} has not one of cpu and mem_mib", hint, at, name)
    away = _flag(where, name, at, row, "away")
    movable = _flag(where, name, at, row, "movable")
    when = When(_word(where, name, at, row, "when", ("start", "asked"), "start"))
    if "cpu" in row:
        cpu = _number(where, name, at, row, "cpu", 1, 63)
        if movable:
            raise where.error("movable", f"plug {at}: a CPU", "movable is of memory", at, name)
        return Plug(node, cpu, 0, away, when)
    mem_mib = _number(where, name, at, row, "mem_mib", SECTION_MIB, 1 << 20)
    if mem_mib % SECTION_MIB:
        hint = f"a multiple of {SECTION_MIB}, of which Linux makes its sections"
        raise where.error("mem_mib", f"plug {at}: mem_mib is {mem_mib}", hint, at, name)
    return Plug(node, None, mem_mib, away, when, movable)


def _check_plug(
    where: Where, at: int, plug: Plug, before: list[Plug], now: tuple[Node, ...]
) -> None:
    def wrong(key: str, message: str, hint: str) -> None:
        raise where.error(key, f"plug {at}: {message}", hint, at, "plug")

    if plug.cpu is None:
        if plug.away and not _dimm(plug, before):
            wrong("mem_mib", f"no such memory was plugged to node {plug.node}",
                  "what goes came before, as movable, in one piece")  # fmt: skip
        return
    holder = next((node.id for node in now if plug.cpu in node.cpus), None)
    homes = [one.node for one in before if one.cpu == plug.cpu]
    if plug.away and (holder != plug.node or not homes):
        wrong("cpu", f"CPU {plug.cpu} was not plugged to node {plug.node}",
              "what goes came before: QEMU keeps the CPUs it boots with")  # fmt: skip
    if not plug.away and holder is not None:
        wrong("cpu", f"CPU {plug.cpu} is there already", "it comes once")
    if not plug.away and homes and homes[0] != plug.node:
        wrong("node", f"CPU {plug.cpu} is of node {homes[0]}", "a CPU comes back where it was")


def _dimm(plug: Plug, before: list[Plug]) -> bool:
    """Is there movable memory of that size in the node, which came and has not gone?"""
    size = plug.node, plug.mem_mib
    same = [one for one in before if one.cpu is None and (one.node, one.mem_mib) == size]
    came = sum(not one.away and one.movable for one in same)
    return came > sum(one.away for one in same)
