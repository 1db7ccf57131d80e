# SPDX-License-Identifier: GPL-2.0-only
"""Topologies: the shipped ones load, and each mistake is answered with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.config.topology import (
    MAX_CPUS,
    load_topology,
    parse_cpulist,
    parse_topology,
    shipped,
)
from orchestrator.model.errors import UsageError
from orchestrator.model.topology import Node

FILE = Path("my.toml")
GOOD = """\
description = "two nodes"
distances = [[10, 20], [20, 10]]
mem_mib_total = 512
[[node]]
cpus = "0-1"
mem_mib = 256
[[node]]
cpus = "2"
mem_mib = 256
"""


def test_a_good_file() -> None:
    topology = parse_topology(FILE, GOOD)
    assert (topology.name, topology.description) == ("my", "two nodes")
    assert topology.nodes == (Node(0, (0, 1), 256), Node(1, (2,), 256))
    assert topology.distances == ((10, 20), (20, 10))
    assert (topology.cpu_count, topology.mem_mib) == (3, 512)


def test_distances_may_be_left_out() -> None:
    topology = parse_topology(FILE, GOOD.replace("distances = [[10, 20], [20, 10]]", ""))
    assert topology.distances == ()
    assert topology.distance_table() == ((10, 20), (20, 10))


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_topology_loads(name: str) -> None:
    topology = load_topology(name)
    assert topology.name == name
    assert topology.description and "\n" not in topology.description
    assert [node.id for node in topology.nodes] == list(range(len(topology.nodes)))


def test_the_kinds_of_node_are_all_shipped() -> None:
    nodes = [node for name in shipped() for node in load_topology(name).nodes]
    assert any(not node.cpus for node in nodes)
    assert any(not node.mem_mib for node in nodes)
    assert any(load_topology(name).distances for name in shipped())


# what → (replace this in the good file, by that, line, words)
MISTAKES = {
    "no TOML": ('cpus = "0-1"', "cpus = 0-1", 5, "Expected newline"),
    "TOML cut off": ('[[node]]\ncpus = "2"\nmem_mib = 256', "mem_mib =", 7, "Invalid value"),
    "unknown key": ("description", "descripton", 1, "unknown key 'descripton'"),
    "unknown key with a bracket": ('description = "two nodes"', '"([" = 1', 1, "unknown key"),
    "unknown key in a node": ("mem_mib = 256\n[[", "mem = 256\n[[", 6, "'mem' in node 0"),
    "distances in a node": (
        'cpus = "2"', 'cpus = "2"\ndistances = [[10]]', 9, "'distances' in node 1",
    ),
    "no node": (GOOD[GOOD.index("[[node") :], "", 1, "no [[node]]"),
    "node is a number": (GOOD, "node = 1", 1, "no [[node]]"),
    "node is a list of numbers": (GOOD, "node = [1]", 1, "not a [[node]] table"),
    "CPU in two nodes": ('cpus = "2"', 'cpus = "1-2"', 8, "CPU 1 is in node 0 and in node 1"),
    "CPU twice": ('cpus = "2"', 'cpus = "2,2"', 8, "listed twice"),
    "a gap": ('cpus = "2"', 'cpus = "3"', 5, "[0, 1, 3]"),
    "no list of CPUs": ('cpus = "2"', 'cpus = "two"', 8, "node 1: "),
    "a range backwards": ('cpus = "2"', 'cpus = "3-2"', 8, "'3-2' is no range"),
    "a huge range": ('cpus = "2"', 'cpus = "2-99999999999"', 8, "no range of CPUs"),
    "negative CPU": ('cpus = "2"', 'cpus = "-2"', 8, "node 1: "),
    "no CPUs at all": (
        'cpus = "0-1"\nmem_mib = 256\n[[node]]\ncpus = "2"', "mem_mib = 256\n[[node]]", 1,
        "CPUs are []",
    ),
    "nothing in a node": ('cpus = "2"\nmem_mib = 256', "mem_mib = 0", 7, "neither CPUs nor memory"),
    "sum mismatch": ("total = 512", "total = 500", 3, "500, the nodes sum to 512"),
    "odd size": ('"2"\nmem_mib = 256', '"2"\nmem_mib = 254', 9, "node 1: mem_mib is 254"),
    "negative size": ('"2"\nmem_mib = 256', '"2"\nmem_mib = -4', 9, "node 1: mem_mib is -4"),
    "size is text": ('"2"\nmem_mib = 256', '"2"\nmem_mib = "4"', 9, "node 1: mem_mib is '4'"),
    "size is a truth": ('"2"\nmem_mib = 256', '"2"\nmem_mib = true', 9, "mem_mib is True"),
    "no size": ('"2"\nmem_mib = 256', '"2"\n', 7, "node 1: mem_mib is None"),
    "too small": (
        GOOD[GOOD.index("mem_mib_total") :], '[[node]]\nmem_mib = 64\ncpus = "0"', 4, "64 MiB",
    ),
    "boot node without memory": (
        'mem_mib_total = 512\n[[node]]\ncpus = "0-1"\nmem_mib = 256',
        '[[node]]\ncpus = "0-1"\nmem_mib = 0', 5, "node 0 has CPU 0 and no memory",
    ),
    "distances not square": ("[20, 10]]", "[20]]", 2, "not a square"),
    "distances of three": ("[20, 10]]", "[20, 10], [20, 20]]", 2, "not a square"),
    "distances are a number": ("[[10, 20], [20, 10]]", "10", 2, "not a square"),
    "far from itself": ("[20, 10]]", "[20, 20]]", 2, "distance 1 to 1 is 20"),
    "a fraction": ("[20, 10]]", "[20, 10.0]]", 2, "distance 1 to 1 is 10.0"),
    "too near": ("[20, 10]]", "[10, 10]]", 2, "distance 1 to 0 is 10"),
    "unreachable": ("[20, 10]]", "[255, 10]]", 2, "distance 1 to 0 is 255"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_told_with_file_and_line(what: str) -> None:
    old, new, line, words = MISTAKES[what]
    assert old in GOOD
    with pytest.raises(UsageError) as caught:
        parse_topology(FILE, GOOD.replace(old, new, 1))
    assert caught.value.message.startswith(f"my.toml:{line}: ")
    assert words in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_too_many_of_anything() -> None:
    nodes = "".join(f'[[node]]\ncpus = "{n}"\nmem_mib = 128\n' for n in range(65))
    with pytest.raises(UsageError, match="65 nodes"):
        parse_topology(FILE, nodes)
    last = MAX_CPUS - 1
    assert parse_topology(FILE, f'[[node]]\ncpus = "0-{last}"\nmem_mib = 128').cpu_count == MAX_CPUS
    with pytest.raises(UsageError, match="no range of CPUs"):
        parse_topology(FILE, f'[[node]]\ncpus = "0-{last + 1}"\nmem_mib = 128')


def test_names_files_and_near_misses(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(GOOD)
    assert load_topology(str(mine)).name == "mine"
    with pytest.raises(UsageError) as caught:
        load_topology("memoryles")
    assert "did you mean memoryless?" in caught.value.hint
    with pytest.raises(UsageError, match="cannot read"):
        load_topology(str(tmp_path / "none.toml"))
    mine.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot read"):
        load_topology(str(mine))


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("", ()), ("0", (0,)), ("0-2,5", (0, 1, 2, 5)), (" 3 , 1 ", (1, 3)), ("4-4", (4,))],
)
def test_cpulists(text: str, cpus: tuple[int, ...]) -> None:
    assert parse_cpulist(text) == cpus


@settings(deadline=None, max_examples=60)
@given(st.text(st.sampled_from('[]{}=",.#\n0129abcdenopusmi_'), max_size=60))
def test_any_text_is_a_topology_or_a_usage_error(text: str) -> None:
    for whole in (text, GOOD + text, text + "\n" + GOOD):
        try:
            topology = parse_topology(FILE, whole)
        except UsageError as error:
            assert error.message.startswith("my.toml:")
        else:
            assert topology.nodes and topology.cpu_count
