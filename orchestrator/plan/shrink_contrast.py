# SPDX-License-Identifier: GPL-2.0-only
"""The smallest setup beside its neighbours, and the sentence that can be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from orchestrator.model.shrink import Answer, Ended, Neighbour, Setup
from orchestrator.plan.shrink_moves import DIMENSIONS, odd
from orchestrator.plan.shrink_order import Cases, alone
from orchestrator.plan.shrink_words import counted, described, fragment, fragments, holds, subject


class Contrast(Struct, frozen=True):
    """A Neighbour that is still to be tried."""

    dimension: str
    change: str
    condition: str
    setup: Setup


def contrasts(smallest: Setup, start: Setup, cases: Cases = ()) -> tuple[Contrast, ...]:
    """Each setup that has one thing less, once. start: what the search began with, which says
    whether more of a thing fails as well. cases: as reducers() has them."""
    found = {
        setup: Contrast("case", f"{setup.case} alone", "", setup)
        for setup in alone(smallest, cases)
    }
    for dimension in DIMENSIONS:
        items = dimension.items(smallest)
        for item in items:
            setup = dimension.keep(smallest, tuple(each for each in items if each != item))
            if setup is None or setup == smallest or setup in found:
                continue
            change, condition = _words(dimension.name, item, smallest, start, setup)
            found[setup] = Contrast(dimension.name, change, condition, setup)
    return tuple(found.values())


def _words(
    dimension: str, item: Any, smallest: Setup, start: Setup, other: Setup
) -> tuple[str, str]:
    """(what is changed, what holds in the smallest setup and not with that)"""
    nodes = smallest.topology.nodes
    more_nodes = len(start.topology.nodes) > len(nodes)
    match dimension:
        case "suite":
            return f"without {item}", f"{item} runs"
        case "config":
            name = fragment(item)
            return f"without the fragment {name}", f"{name} is configured"
        case "odd":
            return _odd_words(*item)
        case "node":
            return f"without node {item} ({holds(nodes[item])})", _existence(smallest, more_nodes)
        case "apart":
            return f"node {item} becomes part of node 0", _existence(smallest, more_nodes)
        case "cpu":
            return _cpu_words(item, smallest, start, other)
    node = nodes[item[0]]
    least = "at least " * (start.topology.mem_mib > smallest.topology.mem_mib)
    return (
        f"node {node.id} has {node.mem_mib // 2} MiB",
        f"node {node.id} has {least}{node.mem_mib} MiB",
    )


def _odd_words(what: str, node: int) -> tuple[str, str]:
    return {
        "memory": (f"node {node} gets memory", f"node {node} has no memory"),
        "cpu": (f"node {node} gets a CPU", f"node {node} has no CPU"),
        "distances": ("the default distances", "the distances are these"),
        "hmat": ("without the HMAT", "the HMAT is this"),
        "plugs": ("nothing comes or goes", "parts come and go"),
    }[what]


def _cpu_words(cpu: int, smallest: Setup, start: Setup, other: Setup) -> tuple[str, str]:
    nodes = smallest.topology.nodes
    least = "at least " * (start.topology.cpu_count > smallest.topology.cpu_count)
    if len(nodes) == 1:
        fewer = counted(other.topology.cpu_count, "CPU")
        return fewer, f"there are {least}{counted(smallest.topology.cpu_count, 'CPU')}"
    node = next(node for node in nodes if cpu in node.cpus)
    fewer = counted(len(node.cpus) - 1, "CPU")
    return (
        f"node {node.id} has {fewer}",
        f"node {node.id} has {least}{counted(len(node.cpus), 'CPU')}",
    )


def _existence(smallest: Setup, more: bool) -> str:
    """That there are so many nodes; "" if what is odd about them says so already."""
    nodes = smallest.topology.nodes
    strange = {node for what, node in odd(smallest) if what in ("memory", "cpu")}
    if smallest.topology.distances or len(nodes) == 1 + len(strange):
        return ""
    return f"there are {'at least ' * more}{counted(len(nodes), 'node')}"


def sentence(
    smallest: Setup, neighbours: Sequence[Neighbour], ended: Ended, runs: int
) -> tuple[str, bool]:
    """(what can be said, does it hold both ways).

    It does only if every neighbour is known not to fail this way, and those that are a condition
    are green. Fragments that were not left out are named: the sentence is about kernels with them.
    runs: of the start, for a failure that never came again.
    """
    verb = "fails" if len(smallest.suites) == 1 else "fail"
    untried = [each for each in neighbours if _is_scope(each)]
    what = f"with {fragments(smallest)}, " * bool(untried) + f"{subject(smallest)} {verb}"
    if ended is Ended.NEVER_AGAIN:
        return f"the failure did not come again in {counted(runs, 'run')}: nothing is known", False
    if ended is not Ended.WHOLE:
        machine = f"{described(smallest.topology)}; config {fragments(smallest)}"
        return f"{what} with {machine}; a smaller setup may fail as well", False
    conditions = tuple(
        dict.fromkeys(e.condition for e in neighbours if e.condition and not _is_scope(e))
    )
    doubts = list(_doubts(neighbours))
    if not conditions and not doubts:
        return f"{what} on the smallest machine there is: {described(smallest.topology)}", False
    if not doubts:
        return f"{what} iff {' and '.join(conditions)}", True
    on = " and ".join(conditions) or described(smallest.topology)
    return f"{what} if {on}; whether only then is not known: {'; '.join(doubts)}", False


def _is_scope(neighbour: Neighbour) -> bool:
    return neighbour.dimension == "config" and neighbour.answer is Answer.UNTRIED


def _doubts(neighbours: Sequence[Neighbour]) -> Iterator[str]:
    """Neighbours of which more would have to be known."""
    for each in neighbours:
        match each.answer:
            case Answer.FAILS:
                yield f"{each.change}: it fails as well"
            case Answer.OTHERWISE if each.condition:
                yield f"{each.change}: not this failure, but not green either"
            case Answer.UNKNOWN:
                yield f"{each.change}: no run said anything"
            case Answer.UNTRIED if not _is_scope(each):
                yield f"{each.change}: not tried ({each.why_not})"
