# SPDX-License-Identifier: GPL-2.0-only
"""A topology as the TOML file that --topology takes (config/topology.py reads it)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from orchestrator.model.topology import Topology


def topology_file(topology: Topology) -> str:
    """Read back, it is the same machine."""
    return "\n".join(_lines(topology)) + "\n"


def _lines(topology: Topology) -> Iterator[str]:
    # A JSON string of ASCII is a TOML basic string.
    yield f"description = {json.dumps(topology.description)}"
    if topology.distances:
        yield f"distances = {[list(row) for row in topology.distances]}"
    for node in topology.nodes:
        yield ""
        yield "[[node]]"
        yield f'cpus = "{",".join(map(str, node.cpus))}"'
        yield f"mem_mib = {node.mem_mib}"
