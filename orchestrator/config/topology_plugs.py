# SPDX-License-Identifier: GPL-2.0-only
"""What a topology's file says of parts that come and go.

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
from orchestrator.config.topology_rows import flag, number, rows_of, word
from orchestrator.model.node import Node
from orchestrator.model.topology_parts import (
    SECTION_MIB,
    Plug,
    When,
)

MAX_PLUGS = 32


def read_plugs(where: Where, table: dict[str, Any], nodes: tuple[Node, ...]) -> tuple[Plug, ...]:
    """What comes and goes, each step of it possible after those before it."""
    rows = rows_of(where, table, "plug")
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


def _plug(where: Where, at: int, row: dict[str, Any], nodes: tuple[Node, ...]) -> Plug:
    name = "plug"
    node = number(where, name, at, row, "node", 0, len(nodes) - 1)
    if ("cpu" in row) == ("mem_mib" in row):
        hint = "one part at a time: cpu = 2, or mem_mib = 128"
        raise where.error("plug", f"plug {at} has not one of cpu and mem_mib", hint, at, name)
    away = flag(where, name, at, row, "away")
    movable = flag(where, name, at, row, "movable")
    when = When(word(where, name, at, row, "when", ("start", "asked"), "start"))
    if "cpu" in row:
        cpu = number(where, name, at, row, "cpu", 1, 63)
        if movable:
            raise where.error("movable", f"plug {at}: a CPU", "movable is of memory", at, name)
        return Plug(node, cpu, 0, away, when)
    mem_mib = number(where, name, at, row, "mem_mib", SECTION_MIB, 1 << 20)
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
