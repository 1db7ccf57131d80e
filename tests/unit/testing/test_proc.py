# SPDX-License-Identifier: GPL-2.0-only
"""What a guest prints of its threads, read."""

from __future__ import annotations

from orchestrator.config.topology import load_topology
from orchestrator.testing.proc import read_nodes, read_threads

REST = "0 0 0 -1 69238880" + " 0" * 28
TEXT = f"""\
stat 14 (hello (1) x) S 2 {REST} 17 3 0 0
Cpus_allowed_list:\t2-3
Mems_allowed_list:\t0-1
stat 2 (kthreadd) S 0 {REST} 17 0 0 0
Cpus_allowed_list:\t0-3
stat 1 (init) S 0 {REST} 17 0 0 0
Cpus_allowed_list:\t0-3
stat 99 (sh) R 1 {REST} 17 0 0 0
Cpus_allowed_list:\t0-3
stat 15 (ended) I 2 {REST} 17 0 0 0
stat torn
"""


def test_threads_of_the_kernel_alone() -> None:
    daemon, hello = read_threads(TEXT, load_topology("numa4"))
    assert (daemon.pid, daemon.name, daemon.node, daemon.mems) == (2, "kthreadd", 0, ())
    assert (hello.pid, hello.name, hello.state) == (14, "hello (1) x", "S")
    assert (hello.cpu, hello.node, hello.allowed, hello.mems) == (3, 3, (2, 3), (0, 1))


def test_a_cpu_that_no_node_has() -> None:
    (thread,) = read_threads(TEXT.partition("stat 2 ")[0], load_topology("numa1"))
    assert thread.cpu == 3 and thread.node == -1


def test_nothing() -> None:
    assert read_threads("", load_topology("numa4")) == ()


def test_nodes_by_id() -> None:
    text = "".join(
        f"node {number}\ncpus {cpus}\nNode {number} MemTotal:   {kib} kB\ndistances {apart}\n"
        for number, cpus, kib, apart in ((10, "", 64, "20 10"), (2, "0-1,4", 128, "10 20"))
    )
    two, ten = read_nodes(text)
    assert (two.id, two.cpus, two.mem_kib, two.distances) == (2, (0, 1, 4), 128, (10, 20))
    assert (ten.id, ten.cpus, ten.mem_kib, ten.distances) == (10, (), 64, (20, 10))
    assert read_nodes("") == ()
