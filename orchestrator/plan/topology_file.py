# SPDX-License-Identifier: GPL-2.0-only
"""A topology as the TOML file that --topology takes (config/topology.py reads it)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from orchestrator.model.topology import Topology
from orchestrator.model.topology_parts import Hmat


def topology_file(topology: Topology) -> str:
    """Read back, it is the same machine."""
    return "\n".join(_lines(topology)) + "\n"


def _lines(topology: Topology) -> Iterator[str]:
    # A JSON string of ASCII is a TOML basic string.
    yield f"description = {json.dumps(topology.description)}"
    if topology.distances:
        yield f"distances = {[list(row) for row in topology.distances]}"
    initiators = dict(topology.hmat.initiators) if topology.hmat else {}
    for node in topology.nodes:
        yield ""
        yield "[[node]]"
        yield f'cpus = "{",".join(map(str, node.cpus))}"'
        yield f"mem_mib = {node.mem_mib}"
        if node.id in initiators:
            yield f"initiator = {initiators[node.id]}"
    yield from _hmat(topology.hmat) if topology.hmat else ()
    for plug in topology.plugs:
        yield from ("", "[[plug]]", f'when = "{plug.when.value}"', f"node = {plug.node}")
        yield f"mem_mib = {plug.mem_mib}" if plug.cpu is None else f"cpu = {plug.cpu}"
        yield from (f"{word} = true" for word in ("away", "movable") if getattr(plug, word))


def _hmat(hmat: Hmat) -> Iterator[str]:
    for each in hmat.accesses:
        yield from ("", "[[access]]", f"from = {each.initiator}", f"to = {each.target}")
        yield f"latency_ns = {each.latency_ns}"
        yield f"bandwidth_mib = {each.bandwidth_mib}"
    for cache in hmat.caches:
        yield from ("", "[[side_cache]]", f"node = {cache.node}", f"level = {cache.level}")
        yield from (f"size_kib = {cache.size_kib}", f"line_bytes = {cache.line_bytes}")
        yield f'associativity = "{cache.associativity}"'
        yield f'policy = "{cache.policy}"'
