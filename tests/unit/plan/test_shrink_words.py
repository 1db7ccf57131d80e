# SPDX-License-Identifier: GPL-2.0-only
"""Setups and what they leave out, as people read them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from orchestrator.model.shrink import Setup
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.shrink_words import described, fragments, left_out, subject

NODES = (Node(0, (0, 1), 512), Node(1, (2,), 0), Node(2, (3,), 512))
FAR = ((10, 20, 30), (20, 10, 20), (30, 20, 10))
MACHINE = Topology("m", "", NODES, FAR)
START = Setup(tuple("abcdef"), MACHINE, ("numa", "/home/me/my.config"))


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (START, "nothing"),
        (replace(START, suites=("a",), case="x"), "a.x of 6 suites"),
        (replace(START, suites=tuple("abcd")), "without e, f"),
        (replace(START, suites=("a",)), "a of 6 suites"),
        (replace(START, suites=("a", "b")), "a and b of 6 suites"),
        (replace(START, config=("numa",)), "without the fragment my.config"),
        (replace(START, config=()), "without the fragments numa, my.config"),
        (replace(START, topology=replace(MACHINE, distances=())), "the default distances"),
        (
            replace(START, topology=replace(MACHINE, nodes=(NODES[0], NODES[1]), distances=())),
            "2 nodes of 3; 3 CPUs instead of 4; 512 MiB instead of 1024; the default distances",
        ),
        (
            replace(
                START,
                topology=replace(MACHINE, nodes=(NODES[0], Node(1, (2,), 128), NODES[2])),
            ),
            "memory for 1 node that had none",
        ),
    ],
)
def test_what_is_left_out(after: Setup, words: str) -> None:
    assert left_out(START, after) == words


def test_one_case_of_one_suite() -> None:
    one = replace(START, suites=("a",))
    assert left_out(one, replace(one, case="x")) == "x alone"
    two = replace(START, suites=("a", "b"))
    assert left_out(two, replace(one, case="x")) == "without b; x alone"


def test_machines_and_subjects() -> None:
    assert described(MACHINE) == (
        "3 nodes: 2 CPUs, 512 MiB; 1 CPU, no memory; 1 CPU, 512 MiB, distances of its own"
    )
    assert described(Topology("m", "", (Node(0, (), 128),))) == "1 node: no CPUs, 128 MiB"
    assert subject(START) == "6 suites"
    assert subject(replace(START, suites=("a", "b"))) == "a and b"
    assert subject(replace(START, suites=("a",), case="x")) == "a.x"
    assert fragments(START) == "numa,my.config"
    assert fragments(replace(START, config=())) == "base"
