# SPDX-License-Identifier: GPL-2.0-only
"""What a guest finds: the nodes that were asked for, threads on them, and nothing of other guests.

By our own pytest plugin; each has a case that must go red.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from running import PATCHES, TESTS

from orchestrator.config.topology import load_topology
from orchestrator.model.job import RunResult
from orchestrator.model.topology import Topology
from orchestrator.testing import Vm

KERNELS_OWN_MIB = 24  # at most, of a node: its image, and what it sets aside at boot
Kmod = Callable[[str], Path]


def check_nodes(vm: Vm, asked: Topology) -> None:
    found = vm.nodes()
    assert [(node.id, node.cpus) for node in found] == [
        (node.id, node.cpus) for node in asked.nodes
    ]
    for node, wanted in zip(found, asked.nodes, strict=True):
        least = max(0, wanted.mem_mib - KERNELS_OWN_MIB)
        assert least <= node.mem_kib / 1024 <= wanted.mem_mib, (node, wanted)
    if asked.distances:
        assert tuple(node.distances for node in found) == asked.distances


@pytest.mark.topology(
    "numa1", "numa2", "numa4", "numa8", "uneven", "memoryless", "cpuless", "distances"
)
def test_nodes_are_those_asked_for(vm: Vm, topology: Topology) -> None:
    check_nodes(vm, topology)


@pytest.mark.topology("memoryless")
def test_other_nodes_are_noticed(vm: Vm) -> None:
    for name in ("numa4", "numa2", "distances"):
        with pytest.raises(AssertionError):
            check_nodes(vm, load_topology(name))


def has_forked(result: RunResult) -> bool:
    """Did it go on from a kept state?"""
    return result.evidence is not None and result.evidence.outcome.forked


def check_placement(vm: Vm, kmod: Kmod) -> None:
    """A thread for each node is where that node's CPUs are; where it has none, anywhere."""
    every = tuple(cpu for node in vm.topology.nodes for cpu in node.cpus)
    vm.trace_on("sched:sched_process_fork")
    for node in vm.topology.nodes:
        vm.insmod(kmod("plugin/hello"), node=node.id)
        thread = vm.kthread(f"hello/{node.id}")
        assert set(thread.allowed) == set(node.cpus or every)
        assert not node.cpus or thread.node == node.id
        forked = vm.event("sched_process_fork", child_pid=thread.pid)
        assert (forked.task, forked["child_comm"]) == ("kthreadd", f"hello/{node.id}")
        vm.rmmod("hello")
    assert not vm.kthreads("hello/*")


@pytest.mark.topology("numa4", "memoryless", "cpuless")
def test_threads_land_where_they_were_asked_to(vm: Vm, kmod: Kmod) -> None:
    check_placement(vm, kmod)


@pytest.mark.kernel(patch=PATCHES / "node-ignored.patch")
@pytest.mark.topology("numa2")
def test_a_kernel_that_ignores_the_node_is_noticed(vm: Vm, kmod: Kmod) -> None:
    with pytest.raises(AssertionError, match=r"\{0, 1\} == \{0\}"):
        check_placement(vm, kmod)


@pytest.mark.topology("numa2")
def test_clock_and_random_numbers_are_fresh(new_vm: Callable[[], Vm], kmod: Kmod) -> None:
    """Of guests that all went on from one kept state."""
    told = []
    for _ in range(3):
        vm = new_vm()
        vm.insmod(kmod(str(TESTS / "kmod-fresh/fresh_test.c")))
        match = re.search(r"random ([0-9a-f]{16}) time (\d+)", vm.dmesg())
        assert match, vm.dmesg()[-2000:]
        assert abs(int(match[2]) - time.time()) < 60
        told.append((match[1], has_forked(vm.end())))
    assert len({number for number, _ in told}) == 3
    assert [forked for _, forked in told[1:]] == [True, True]
