# SPDX-License-Identifier: GPL-2.0-only
"""Did each part come, or go, and was the machine then the one asked for? What nobody saw is our
failure, unless the kernel says that it was told and would not, or reported something itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from orchestrator.judge.case import Case
from orchestrator.judge.checks.guest_view import differences
from orchestrator.model import rundir
from orchestrator.model.guest_machine import GuestPlug, PlugState
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

# What the kernel answered, as QEMU tells it: ACPI_OST_* of include/linux/acpi.h.
_ANSWER = re.compile(r"ACPI_DEVICE_OST .*'source': (\d+), 'status': (\d+)")
_EJECTION = (3, 0x103)
_SUCCESS, _IN_PROGRESS = 0, 0x84
_OURS = "does the kernel have the fragment acpi, and QEMU's firmware its hotplug?"


def check_plugs(case: Case) -> Iterator[Finding]:
    guest, plugs = case.evidence.guest, case.plan.topology.plugs
    if not guest.begun:
        return
    told = {one.number: one for one in guest.plugs}
    for number in range(len(plugs)):
        one = told.get(number)
        if one and one.done_s is not None:
            yield from _told(case, one)
        elif guest.ended:
            yield _finding(case, number, one, "was never told of", Fault.OURS)


def complete(case: Case) -> bool:
    """Each part was seen, once, in order, and QEMU told that those which went are gone."""
    topology, seen = case.plan.topology, case.evidence.guest.plugs
    gone = all(_is_gone(case, number) for number, plug in enumerate(topology.plugs) if plug.away)
    states = all(one.state is PlugState.SEEN for one in seen)
    return gone and states and [one.number for one in seen] == list(range(len(topology.plugs)))


def _told(case: Case, one: GuestPlug) -> Iterator[Finding]:
    plug = case.plan.topology.plugs[one.number]
    if one.state is PlugState.DOWN:
        yield _finding(case, one.number, one, "came, and was not brought up", Fault.KERNEL)
    elif one.state is PlugState.LOST and _refused(case, one.number):
        yield _finding(case, one.number, one, "was refused by the kernel", Fault.KERNEL)
    elif one.state is PlugState.LOST:
        found = _finding(case, one.number, one, "was not seen", Fault.OURS)
        # What the kernel reported on the way has the word.
        if case.evidence.splats:
            found = replace(found, verdict=Verdict.INCOMPLETE)
        yield found
    elif plug.away and not _is_gone(case, one.number):
        yield _finding(case, one.number, one, "is gone from the guest, not from QEMU", Fault.OURS)
    else:
        asked = case.plan.topology.after(one.number + 1)
        for title in differences(case, asked, one.nodes):
            yield Finding(
                "plugs",
                Verdict.INFRASTRUCTURE,
                Fault.OURS,
                f"the guest is not the machine asked for after {plug}: {title}",
                _evidence(one),
            )


def _finding(case: Case, number: int, one: GuestPlug | None, what: str, fault: Fault) -> Finding:
    verdict = Verdict.INFRASTRUCTURE if fault is Fault.OURS else Verdict.FAIL
    plug = case.plan.topology.plugs[number]
    hint = _OURS if fault is Fault.OURS else ""
    evidence = (*_evidence(one), *_events(case, number))
    return Finding("plugs", verdict, fault, f"plug {number}, {plug}, {what}", evidence, hint)


def _evidence(one: GuestPlug | None) -> tuple[EvidenceLine, ...]:
    if one is None:
        return ()
    told = f"guest's plug {one.number}: {one.state.value}, asked for at {one.asked_s} s"
    return (
        EvidenceLine(rundir.RESULTS, 0, told),
        *(EvidenceLine(rundir.RESULTS, 0, f"guest's {node}") for node in one.nodes),
    )


def _events(case: Case, number: int) -> tuple[EvidenceLine, ...]:
    """What QEMU told of the part."""
    name = case.plan.topology.device_id(number)
    return tuple(
        EvidenceLine(rundir.VM, 0, event)
        for event in case.evidence.outcome.qmp_events
        if re.search(rf"\b{name}\b", event)
    )


def _refused(case: Case, number: int) -> bool:
    """Did the kernel answer (_OST, ACPI 6.3 section 6.3.5) that it will not, as its last word?"""
    away = case.plan.topology.plugs[number].away
    answers = [found for line in _events(case, number) if (found := _ANSWER.search(line.text))]
    own = [int(found[2]) for found in answers if (int(found[1]) in _EJECTION) == away]
    return bool(own) and own[-1] not in (_SUCCESS, _IN_PROGRESS)


def _is_gone(case: Case, number: int) -> bool:
    """Has QEMU let go of the part?"""
    return any(line.text.startswith("DEVICE_DELETED") for line in _events(case, number))
