# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest
from bench_machines import SIZES, of_cpus, of_nodes

from orchestrator.config.topology import load_topology

HOST_MIB = 24 << 10


@pytest.mark.parametrize("size", SIZES)
def test_every_size_of_nodes_is_a_topology_that_fits(tmp_path: Path, size: int) -> None:
    machine = of_nodes(size, HOST_MIB)
    assert machine and machine.mem_mib <= HOST_MIB // 2
    topology = load_topology(str(machine.write(tmp_path)))
    assert topology.name == f"nodes{size}"
    assert [node.cpus for node in topology.nodes] == [(cpu,) for cpu in range(size)]
    assert topology.mem_mib == machine.mem_mib


@pytest.mark.parametrize("size", SIZES)
def test_every_size_of_cpus_is_a_topology_of_one_node(tmp_path: Path, size: int) -> None:
    machine = of_cpus(size, HOST_MIB)
    assert machine and machine.mem_mib <= HOST_MIB // 2
    topology = load_topology(str(machine.write(tmp_path)))
    assert [node.cpus for node in topology.nodes] == [tuple(range(size))]


def test_nodes_shrink_before_a_size_is_left_out() -> None:
    small = of_nodes(64, 8 << 10)
    assert small and small.mem_mib == 64 * 64
    assert of_nodes(64, 4 << 10) is None
    assert of_cpus(64, 1 << 10) is None
