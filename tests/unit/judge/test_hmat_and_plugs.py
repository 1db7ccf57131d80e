# SPDX-License-Identifier: GPL-2.0-only
"""A machine with an HMAT, and one whose parts come and go: green, and each way to be red."""

from __future__ import annotations

from typing import Any

import pytest
from green_case import green_evidence, green_plan
from msgspec.structs import replace

from orchestrator.judge.verdict import judge
from orchestrator.model.evidence import Evidence, Splat
from orchestrator.model.guest_machine import (
    GuestAccess,
    GuestCache,
    GuestHmat,
    GuestPlug,
    HmatTable,
    PlugState,
    TablePair,
)
from orchestrator.model.job import Plan
from orchestrator.model.topology import GuestNode, Topology
from orchestrator.model.topology_parts import Access, Hmat, Plug, SideCache, When
from orchestrator.model.verdict import Fault, Verdict

BASE = green_plan().topology
PAIRS = ((0, 0, 80), (0, 1, 150), (0, 2, 400), (1, 0, 140), (1, 1, 90), (1, 2, 600))
HMAT = Hmat(
    tuple(Access(a, b, ns, 100 * ns) for a, b, ns in PAIRS), (SideCache(2, 1, 64),), ((2, 1),)
)
SEEN = GuestHmat(
    tuple(
        GuestAccess(node, (near,), (str(ns),) * 2, (str(100 * ns),) * 2)
        for node, near, ns in ((0, 0, 80), (1, 1, 90), (2, 1, 600))
    ),
    (GuestCache(2, 1, 65536, 64, 0, 0),),
    HmatTable(tuple(TablePair(a, b, float(ns), 100 * ns) for a, b, ns in PAIRS), ((2, 1, 65536),)),
)
PLUGS = (
    Plug(2, 3),
    Plug(0, None, 128, False, When.ASKED, True),
    Plug(0, None, 128, True, When.ASKED),
    Plug(2, 3, 0, True, When.ASKED),
)
DELETED = ("DEVICE_DELETED device=dimm1,path=/machine/dimm1", "DEVICE_DELETED device=cpu3,path=x")


def guest_nodes(topology: Topology, plugs: int) -> tuple[GuestNode, ...]:
    table = topology.distance_table()
    nodes = topology.after(plugs)
    return tuple(
        GuestNode(n.id, n.cpus, n.mem_mib * 1000, tuple(table[n.id][m.id] for m in nodes))
        for n in nodes
    )


def with_hmat(**changes: Any) -> tuple[Plan, Evidence]:
    evidence = green_evidence()
    guest = replace(evidence.guest, hmat=replace(SEEN, **changes))
    return green_plan(topology=replace(BASE, hmat=HMAT)), replace(evidence, guest=guest)


def with_plugs(
    states: dict[int, PlugState] | None = None,
    events: tuple[str, ...] = DELETED,
    told: int = len(PLUGS),
    ended: bool = True,
    **changes: Any,
) -> tuple[Plan, Evidence]:
    topology = replace(BASE, plugs=PLUGS)
    evidence = green_evidence()
    plugs = tuple(
        GuestPlug(
            at, (states or {}).get(at, PlugState.SEEN), 1.0, 2.0, guest_nodes(topology, at + 1)
        )
        for at in range(told)
    )
    guest = replace(evidence.guest, plugs=plugs, ended=ended)
    outcome = replace(evidence.outcome, qmp_events=(*evidence.outcome.qmp_events, *events))
    return green_plan(topology=topology), replace(evidence, guest=guest, outcome=outcome, **changes)


def answer(device: str, source: int, status: int) -> str:
    """As the kernel's _OST comes from QEMU (model.evidence.VmOutcome.qmp_events)."""
    info = {"device": device, "source": source, "status": status, "slot": "1"}
    return f"ACPI_DEVICE_OST info={info}"


def only(case: tuple[Plan, Evidence], check: str) -> tuple[Verdict, Fault, str]:
    verdict, findings = judge(*case)
    (found,) = [one for one in findings if one.check == check]
    assert verdict is found.verdict, findings
    return verdict, found.fault, found.title


def test_what_is_as_asked_is_green() -> None:
    assert judge(*with_hmat()) == (Verdict.PASS, ())
    assert judge(*with_plugs()) == (Verdict.PASS, ())


@pytest.mark.parametrize(
    "table",
    [
        None,
        HmatTable(SEEN.table.pairs[1:], SEEN.table.caches) if SEEN.table else None,
        HmatTable(SEEN.table.pairs, ()) if SEEN.table else None,
    ],
)
def test_a_table_that_lacks_something_is_ours(table: HmatTable | None) -> None:
    verdict, fault, title = only(with_hmat(table=table), "hmat")
    assert (verdict, fault) == (Verdict.INFRASTRUCTURE, Fault.OURS)
    assert "not the machine asked for" in title


def test_another_latency_than_asked_is_ours() -> None:
    plan, evidence = with_hmat()
    accesses = (replace(HMAT.accesses[0], latency_ns=81), *HMAT.accesses[1:])
    asked = replace(plan.topology, hmat=replace(HMAT, accesses=accesses))
    verdict, _, title = only((replace(plan, topology=asked), evidence), "hmat")
    assert verdict is Verdict.INFRASTRUCTURE
    assert "80 ns, 8000 MiB/s for memory of node 0 from node 0 instead of 81 ns" in title


SHOWN = {
    "nothing": {"accesses": ()},
    "no node 2": {"accesses": SEEN.accesses[:2]},
    "another latency": {
        "accesses": (replace(SEEN.accesses[0], latency_ns=("80", "81")), *SEEN.accesses[1:])
    },
    "another initiator": {
        "accesses": (replace(SEEN.accesses[0], initiators=(1,)), *SEEN.accesses[1:])
    },
    "another bandwidth": {
        "accesses": (replace(SEEN.accesses[0], bandwidth_mib=("-", "-")), *SEEN.accesses[1:])
    },
    "no cache": {"caches": ()},
    "another cache": {"caches": (replace(SEEN.caches[0], line_bytes=128),)},
    "a cache too many": {"caches": (*SEEN.caches, replace(SEEN.caches[0], level=2))},
}


@pytest.mark.parametrize("what", SHOWN)
def test_what_the_kernel_makes_of_the_right_table_is_its_own(what: str) -> None:
    verdict, findings = judge(*with_hmat(**SHOWN[what]))
    found = [one for one in findings if one.check == "hmat"]
    assert verdict is Verdict.FAIL and found
    assert all(one.fault is Fault.KERNEL for one in found)


def test_a_part_nobody_saw_is_ours() -> None:
    verdict, fault, title = only(with_plugs({0: PlugState.LOST}), "plugs")
    assert (verdict, fault) == (Verdict.INFRASTRUCTURE, Fault.OURS)
    assert title == "plug 0, CPU 3 to node 2, was not seen"


def test_a_part_that_is_not_brought_up_is_the_kernels() -> None:
    verdict, fault, title = only(with_plugs({0: PlugState.DOWN}), "plugs")
    assert (verdict, fault) == (Verdict.FAIL, Fault.KERNEL)
    assert title == "plug 0, CPU 3 to node 2, came, and was not brought up"


def test_a_part_that_the_kernel_keeps_is_the_kernels() -> None:
    events = tuple(answer("dimm1", *each) for each in ((1, 0), (3, 0x84), (3, 1)))
    case = with_plugs({2: PlugState.LOST}, (*events, DELETED[1]))
    verdict, fault, title = only(case, "plugs")
    assert (verdict, fault) == (Verdict.FAIL, Fault.KERNEL)
    assert title == "plug 2, 128 MiB from node 0, was refused by the kernel"


@pytest.mark.parametrize("answers", [
    [], [("dimm1", 1, 1)], [("dimm1", 3, 0x84)], [("dimm1", 3, 0)], [("dimm11", 3, 1)],
])  # fmt: skip
def test_a_kernel_that_did_not_refuse_is_not_said_to(answers: list[tuple[str, int, int]]) -> None:
    events = tuple(answer(*each) for each in answers)
    _, fault, title = only(with_plugs({2: PlugState.LOST}, (*events, DELETED[1])), "plugs")
    assert fault is Fault.OURS and title.endswith("was not seen")


def test_a_report_on_the_way_is_not_excused() -> None:
    splat = Splat("WARNING", "WARNING in online_pages", 3)
    verdict, findings = judge(*with_plugs({1: PlugState.LOST}, splats=(splat,)))
    assert verdict not in (Verdict.PASS, Verdict.INFRASTRUCTURE)
    assert findings[0].check == "splats" and findings[0].fault is Fault.KERNEL


def test_a_part_that_qemu_keeps_is_ours() -> None:
    verdict, fault, title = only(with_plugs(events=DELETED[:1]), "plugs")
    assert (verdict, fault) == (Verdict.INFRASTRUCTURE, Fault.OURS)
    assert "is gone from the guest, not from QEMU" in title


def test_a_part_never_asked_for_is_ours() -> None:
    verdict, _, title = only(with_plugs(told=3), "plugs")
    assert verdict is Verdict.INFRASTRUCTURE
    assert title == "plug 3, CPU 3 from node 2, was never told of"


def test_a_guest_that_died_first_is_judged_by_that() -> None:
    _, findings = judge(*with_plugs(told=1, ended=False))
    assert not [one for one in findings if one.check == "plugs"] and findings


def test_the_machine_afterwards_must_be_the_one_asked_for() -> None:
    plan, evidence = with_plugs()
    plugs = list(evidence.guest.plugs)
    plugs[0] = replace(plugs[0], nodes=guest_nodes(plan.topology, 0))
    guest = replace(evidence.guest, plugs=tuple(plugs))
    verdict, fault, title = only((plan, replace(evidence, guest=guest)), "plugs")
    assert (verdict, fault) == (Verdict.INFRASTRUCTURE, Fault.OURS)
    assert "after CPU 3 to node 2: node 2 has CPUs [] instead of [3]" in title


def test_parts_in_another_order_are_not_green() -> None:
    plan, evidence = with_plugs()
    guest = replace(evidence.guest, plugs=(*evidence.guest.plugs, evidence.guest.plugs[0]))
    verdict, _ = judge(plan, replace(evidence, guest=guest))
    assert verdict is not Verdict.PASS
