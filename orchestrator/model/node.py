# SPDX-License-Identifier: GPL-2.0-only
"""A NUMA node as it is asked for."""

from __future__ import annotations

from msgspec import Struct


class Node(Struct, frozen=True):
    """One NUMA node: its CPUs (ids, ascending) and memory (0: memoryless)."""

    id: int
    cpus: tuple[int, ...]
    mem_mib: int

    @property
    def empty(self) -> bool:
        """Nothing in it yet: the kernel does not show it."""
        return not self.cpus and not self.mem_mib
