# SPDX-License-Identifier: GPL-2.0-only
"""Machines of every size, as topology files. Pure, but for the writing of the files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SIZES = (1, 2, 4, 8, 16, 32, 64)
NODE_MIB = 128  # as the shipped topologies of many nodes have
LEAST_NODE_MIB = 64
FLAT_MIB = 1024  # of a machine with one node: per-CPU areas of 64 CPUs fit
SHARE = 2  # a guest gets the host's memory divided by this, at most


@dataclass(frozen=True)
class Machine:
    """kind: of what it has many, "nodes" or "vCPUs"; text: its topology file."""

    kind: str
    size: int
    mem_mib: int
    text: str

    @property
    def name(self) -> str:
        return f"{self.kind.lower()}{self.size}"

    def write(self, folder: Path) -> Path:
        """Its file in folder."""
        path = folder / f"{self.name}.toml"
        path.write_text(self.text)
        return path


def of_nodes(size: int, host_mib: int) -> Machine | None:
    """So many nodes with a vCPU each; None if the host has not the memory."""
    for node_mib in (NODE_MIB, LEAST_NODE_MIB):
        each_mib = max(node_mib, 2 * NODE_MIB // size)
        if size * each_mib <= host_mib // SHARE:
            nodes = "".join(_node(str(cpu), each_mib) for cpu in range(size))
            return _machine("nodes", size, size * each_mib, nodes)
    return None


def of_cpus(size: int, host_mib: int) -> Machine | None:
    """One node with so many vCPUs; None if the host has not the memory."""
    if host_mib // SHARE < FLAT_MIB:
        return None
    cpus = f"0-{size - 1}" if size > 1 else "0"
    return _machine("vCPUs", size, FLAT_MIB, _node(cpus, FLAT_MIB))


def _machine(kind: str, size: int, mem_mib: int, nodes: str) -> Machine:
    return Machine(kind, size, mem_mib, f'description = "{size} {kind}"\n{nodes}')


def _node(cpus: str, mem_mib: int) -> str:
    return f'\n[[node]]\ncpus = "{cpus}"\nmem_mib = {mem_mib}\n'
