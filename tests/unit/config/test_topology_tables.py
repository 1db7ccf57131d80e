# SPDX-License-Identifier: GPL-2.0-only
"""HMAT and parts that come and go, as a topology's file has them; each mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.topology import load_topology, parse_topology, shipped
from orchestrator.model.errors import UsageError
from orchestrator.model.node import Node
from orchestrator.model.topology_parts import Access, Plug, SideCache, When
from orchestrator.plan.topology_file import topology_file

FILE = Path("my.toml")
HMAT = """\
[[node]]
cpus = "0"
mem_mib = 256
[[node]]
mem_mib = 128
initiator = 0
[[access]]
from = 0
to = 0
latency_ns = 100
bandwidth_mib = 8192
[[access]]
from = 0
to = 1
latency_ns = 300
bandwidth_mib = 1024
[[side_cache]]
node = 1
level = 1
size_kib = 64
"""
PAIRS = HMAT[HMAT.index("[[access]]") :]
PLUGS = """\
[[node]]
cpus = "0"
mem_mib = 256
[[node]]
mem_mib = 0
[[plug]]
node = 1
cpu = 1
[[plug]]
when = "asked"
node = 1
mem_mib = 128
movable = true
[[plug]]
when = "asked"
node = 1
mem_mib = 128
away = true
[[plug]]
when = "asked"
node = 1
cpu = 1
away = true
"""


def test_an_hmat() -> None:
    topology = parse_topology(FILE, HMAT)
    assert topology.hmat is not None
    assert topology.hmat.accesses == (Access(0, 0, 100, 8192), Access(0, 1, 300, 1024))
    assert topology.hmat.caches == (SideCache(1, 1, 64),)
    assert topology.hmat.own(topology.nodes[1]) == Access(0, 1, 300, 1024)
    assert topology.fragments == ("acpi",)


def test_what_comes_and_goes() -> None:
    topology = parse_topology(FILE, PLUGS)
    assert topology.plugs == (
        Plug(1, 1),
        Plug(1, None, 128, False, When.ASKED, True),
        Plug(1, None, 128, True, When.ASKED),
        Plug(1, 1, 0, True, When.ASKED),
    )
    assert (topology.cpu_count, topology.most_cpus) == (1, 2)
    assert (topology.mem_mib, topology.most_mem_mib) == (256, 384)
    boot = (Node(0, (0,), 256),)
    assert topology.after(0) == topology.after(4) == boot
    assert topology.after(1) == (*boot, Node(1, (1,), 0))
    assert topology.after(2) == (*boot, Node(1, (1,), 128))
    assert [topology.device_id(n) for n in range(4)] == ["cpu1", "dimm1", "dimm1", "cpu1"]


@pytest.mark.parametrize("name", shipped())
def test_a_topology_written_is_read_as_the_same(name: str) -> None:
    topology = load_topology(name)
    assert parse_topology(Path(f"{name}.toml"), topology_file(topology)) == topology


def test_the_kinds_of_part_are_all_shipped() -> None:
    plugs = [plug for name in shipped() for plug in load_topology(name).plugs]
    kinds = {(plug.cpu is None, plug.away) for plug in plugs}
    assert kinds == {(True, True), (True, False), (False, True), (False, False)}
    later = [load_topology(name) for name in shipped()]
    assert any(len(each.after(0)) < len(each.nodes) for each in later), "a node is born later"
    assert any(each.hmat and each.hmat.caches for each in later)


# what → (file, replace this in it, by that, line, words)
MISTAKES = {
    "a cache of no HMAT": (
        HMAT, HMAT[HMAT.index("[[access]]") : HMAT.index("[[side")], "", 7, "without [[access]]",
    ),
    "an initiator and no HMAT": (HMAT, PAIRS, "", 6, "initiator without"),
    "no initiator": (HMAT, "initiator = 0\n", "", 5, "node 1 has no initiator"),
    "an initiator without CPUs": (HMAT, "initiator = 0", "initiator = 1", 6, "initiator is 1"),
    "an initiator of a node with CPUs": (
        HMAT, "mem_mib = 256", "mem_mib = 256\ninitiator = 0", 4, "node 0: initiator",
    ),
    "a pair too few": (HMAT, "to = 1", "to = 0", 13, "from 0 to 0 is there twice"),
    "a pair missing": (
        HMAT, HMAT[HMAT.index("[[access]]\nfrom = 0\nto = 1") : HMAT.index("[[side")], "", 7,
        "no [[access]] from 0 to 1",
    ),
    "from no CPUs": (HMAT, "from = 0\nto = 1", "from = 1\nto = 1", 13, "node 1 has no CPUs"),
    "to no node": (HMAT, "to = 1", "to = 2", 14, "to is 2"),
    "no latency": (HMAT, "latency_ns = 300\n", "", 12, "latency_ns is None"),
    "too slow": (HMAT, "latency_ns = 300", "latency_ns = 70000", 15, "latency_ns is 70000"),
    "a flag for a number": (HMAT, "= 1024", "= true", 16, "bandwidth_mib is True"),
    "an unknown key": (HMAT, "bandwidth_mib = 1024", "bandwith = 1", 16, "'bandwith' in access 1"),
    "access is one table": (HMAT, PAIRS, "[access]", 1, "not a [[access]] table"),
    "a level too high": (HMAT, "level = 1", "level = 2", 19, "level 2"),
    "an unknown policy": (HMAT, "level = 1", 'level = 1\npolicy = "x"', 20, "policy is 'x'"),
    "two parts at once": (PLUGS, "cpu = 1\n[[plug]]\nwhen = \"asked\"\nnode = 1\nmem",
                          "cpu = 1\nmem_mib = 128\n[[plug]]\nwhen = \"asked\"\nnode = 1\nmem", 6,
                          "not one of cpu and mem_mib"),
    "a CPU with a gap": (
        PLUGS[: PLUGS.index('[[plug]]\nwhen')], "cpu = 1", "cpu = 2", 8, "that come later are [2]",
    ),
    "a CPU twice": (PLUGS, "cpu = 1\naway = true", "cpu = 1", 22, "is there already"),
    "a CPU that boots goes": (PLUGS, "cpu = 1\naway", "cpu = 0\naway", 22, "cpu is 0"),
    "a CPU of another node": (PLUGS, "node = 1\ncpu = 1\naway", "node = 0\ncpu = 1\naway", 22,
                              "was not plugged to node 0"),
    "no such memory": (PLUGS, "mem_mib = 128\naway", "mem_mib = 256\naway", 17, "no such memory"),
    "not movable": (PLUGS, "movable = true\n", "", 16, "no such memory"),
    "an odd size": (PLUGS, "mem_mib = 128\nmovable", "mem_mib = 192\nmovable", 12, "is 192"),
    "an unknown time": (PLUGS, 'when = "asked"\nnode = 1\nmem_mib = 128\nmovable',
                        'when = "soon"\nnode = 1\nmem_mib = 128\nmovable', 10, "when is 'soon'"),
    "start after asked": (PLUGS, 'when = "asked"\nnode = 1\ncpu = 1\naway',
                          'when = "start"\nnode = 1\ncpu = 1\naway', 20, "after one that is asked"),
    "movable CPU": (PLUGS, "cpu = 1\n[[", "cpu = 1\nmovable = true\n[[", 9, "a CPU"),
    "a flag that is none": (PLUGS, "movable = true", "movable = 1", 13, "movable is 1"),
    "a node for nothing": (
        PLUGS, PLUGS[PLUGS.index("[[plug]]") :], "", 4, "neither CPUs nor memory",
    ),
    "HMAT and plugs": (HMAT, "[[side_cache]]", "[[plug]]\nnode = 0\ncpu = 1\n[[side_cache]]", 17,
                       "exclude each other"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes_are_answered_with_their_line(what: str) -> None:
    text, old, new, line, words = MISTAKES[what]
    assert old in text
    with pytest.raises(UsageError) as caught:
        parse_topology(FILE, text.replace(old, new, 1))
    assert caught.value.message.startswith(f"{FILE}:{line}: "), caught.value.message
    assert words in caught.value.message
    assert caught.value.hint
