# SPDX-License-Identifier: GPL-2.0-only
"""What is left out leaves a machine that boots, is smaller, and no stranger than before."""

from __future__ import annotations

import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orchestrator.config.topology import (
    MIN_MEM_MIB,
    NODE_GRAIN_MIB,
    load_topology,
    parse_topology,
)
from orchestrator.model.shrink import Setup
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.shrink_contrast import contrasts
from orchestrator.plan.shrink_moves import (
    DIMENSIONS,
    FLOOR_MIB,
    GRAIN_MIB,
    named,
    odd,
    size,
)
from orchestrator.plan.shrink_order import alone, guesses, reducers, unfinished_first
from orchestrator.plan.topology_file import topology_file

CASES = (("orch_a", "one"), ("orch_a", "two"), ("orch_b", "one"))


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    """Any machine that boots."""
    count = draw(st.integers(1, 6))
    boot = draw(st.integers(0, count - 1))
    shares: list[list[int]] = [[] for _ in range(count)]
    cpus = draw(st.integers(1, 8))
    for cpu in range(cpus):
        shares[boot if cpu == 0 else draw(st.integers(0, count - 1))].append(cpu)
    sizes = st.integers(1, 300).map(lambda n: 4 * n)
    nodes = []
    for at, share in enumerate(shares):
        must = at == boot or not share
        mem_mib = draw(sizes) if must or draw(st.booleans()) else 0
        nodes.append(Node(at, tuple(share), max(mem_mib, 128) if at == boot else mem_mib))
    far: tuple[tuple[int, ...], ...] = ()
    if draw(st.booleans()):
        table = draw(st.lists(st.integers(11, 254), min_size=count**2, max_size=count**2))
        far = tuple(
            tuple(10 if a == b else table[a * count + b] for b in range(count))
            for a in range(count)
        )
    return Topology("drawn", 'as "any" one\n', tuple(nodes), far)


SETUPS = st.builds(
    Setup,
    st.sampled_from([("orch_a",), ("orch_a", "orch_b", "orch_c")]),
    topologies().map(named),
    st.sampled_from([(), ("numa",), ("numa", "kasan", "x.config")]),
)


def boots(topology: Topology) -> Topology:
    """As it is read from its file; UsageError if it is no machine."""
    return parse_topology(Path(f"{topology.name}.toml"), topology_file(topology))


@given(topologies())
def test_a_topology_is_read_as_it_was_written(topology: Topology) -> None:
    assert boots(topology) == topology


def test_the_limits_are_those_of_a_topology() -> None:
    assert (FLOOR_MIB, GRAIN_MIB) == (MIN_MEM_MIB, NODE_GRAIN_MIB)


@given(SETUPS, st.data())
def test_every_part_boots_and_is_smaller_and_no_stranger(setup: Setup, data: st.DataObject) -> None:
    for dimension in DIMENSIONS:
        items = dimension.items(setup)
        assert len(set(items)) == len(items)
        kept = tuple(item for item in items if data.draw(st.booleans()))
        part = dimension.keep(setup, kept)
        if part is None or part == setup:
            continue
        boots(part.topology)
        assert size(part) < size(setup), dimension.name
        assert len(odd(part)) <= len(odd(setup))
        assert part.suites and set(part.suites) <= set(setup.suites)
        assert set(part.config) <= set(setup.config)


@given(SETUPS)
def test_all_of_a_dimension_is_the_setup_itself(setup: Setup) -> None:
    for dimension in DIMENSIONS:
        if (
            setup.topology.distances
            and setup.topology.distances == replace(setup.topology, distances=()).distance_table()
        ):
            continue  # a table that says what is so without it
        items = dimension.items(setup)
        assert not items or dimension.keep(setup, items) == setup


@given(SETUPS)
def test_where_everything_fails_the_smallest_machine_is_left(setup: Setup) -> None:
    best = setup
    for _ in range(3):
        for reducer in reducers(CASES):
            best = reducer(best, lambda _: True)
    (node,) = best.topology.nodes
    assert node.cpus == (0,)
    assert node.mem_mib < 2 * FLOOR_MIB or node.mem_mib % (2 * GRAIN_MIB)
    assert best.config == () and len(best.suites) == 1 and best.topology.distances == ()
    assert contrasts(best, setup) == ()


@given(SETUPS)
def test_neighbours_boot_and_each_is_asked_once(setup: Setup) -> None:
    found = contrasts(setup, setup, CASES)
    assert len({each.setup for each in found}) == len(found)
    assert all(each.setup != setup for each in found)
    for each in found:
        boots(each.setup.topology)
        assert size(each.setup) < size(setup) and each.change


def test_a_case_alone_is_of_the_one_suite() -> None:
    machine = Topology("m", "", (Node(0, (0,), 128),))
    both, one = (Setup(suites, machine, ()) for suites in (("orch_a", "orch_b"), ("orch_a",)))
    assert not list(alone(both, CASES))
    assert [each.case for each in alone(one, CASES)] == ["one", "two"]
    assert not list(alone(replace(one, case="one"), CASES))
    assert not list(guesses(replace(one, case="one"), CASES, ("orch_a",)))
    assert list(guesses(both, CASES, ("orch_b", "gone"))) == [
        replace(both, suites=("orch_b",)),
    ]
    assert list(guesses(both, CASES, ("orch_a",))) == [replace(one, case="one"), one]
    assert list(guesses(both, CASES, ())) == [replace(one, case="one")]


def test_what_left_no_result_may_be_what_never_ended() -> None:
    listed = ("one", "hangs", "later")
    assert unfinished_first(CASES, ("orch_b",), listed) == (
        ("orch_b", "hangs"), ("orch_b", "later"), *CASES,
    )  # fmt: skip
    assert unfinished_first(CASES, ("orch_a",), ("one", "two")) == CASES
    assert unfinished_first(CASES, (), listed) == CASES


def test_nodes_become_one_with_all_their_cpus() -> None:
    """So that a failure that needs three CPUs is not said to need three nodes."""
    nodes = tuple(Node(at, (at,), 128) for at in range(3))
    setup = Setup(("orch_a",), Topology("m", "", nodes), ())
    best = setup
    for reducer in reducers(()):
        best = reducer(best, lambda smaller: smaller.topology.cpu_count >= 3)
    assert [(node.cpus, node.mem_mib) for node in best.topology.nodes] == [((0, 1, 2), 192)]


def test_every_pair_of_moves_boots() -> None:
    nodes = (Node(0, (0, 3), 512), Node(1, (1,), 0), Node(2, (), 256), Node(3, (2,), 384))
    setup = Setup(("orch_a",), Topology("m", "", nodes), ())
    for one, two in itertools.product(DIMENSIONS, repeat=2):
        for item in one.items(setup):
            part = one.keep(setup, tuple(each for each in one.items(setup) if each != item))
            for further in contrasts(part, setup) if part else ():
                boots(further.setup.topology)
            rest = two.keep(part, ()) if part else None
            assert rest is None or boots(rest.topology)


def test_parts_that_come_and_go_are_left_out_before_nodes() -> None:
    for name, what in (("hmat", "hmat"), ("cpuplug", "plugs"), ("memplug", "plugs")):
        setup = Setup(("orch_a",), named(load_topology(name)), ("numa", "acpi"))
        assert (what, 0) in odd(setup)
        others = [each for each in DIMENSIONS if each.name in ("node", "apart", "cpu", "memory")]
        for dimension in others:
            assert all(
                dimension.keep(setup, tuple(i for i in dimension.items(setup) if i != item)) is None
                for item in dimension.items(setup)
            ), "the nodes are as the parts need them"
        (dimension,) = [each for each in DIMENSIONS if each.name == "odd"]
        kept = tuple(item for item in dimension.items(setup) if item != (what, 0))
        plain = dimension.keep(setup, kept)
        assert plain is not None and not plain.topology.fragments
        assert size(plain) < size(setup)
        assert dimension.keep(setup, tuple(dimension.items(setup))) == setup
        assert dimension.keep(setup, ()) is not None
