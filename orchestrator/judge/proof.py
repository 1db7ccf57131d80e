# SPDX-License-Identifier: GPL-2.0-only
"""What has to be there for green, each asked for positively, and what there was instead."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.built_in import gaps
from orchestrator.judge.case import Case
from orchestrator.judge.checks.hmat import shown
from orchestrator.judge.checks.plugs import complete
from orchestrator.model.evidence import Ending
from orchestrator.model.guest_machine import PlugState
from orchestrator.model.why import Condition


def conditions(case: Case, known_failures: int = 0) -> tuple[Condition, ...]:
    """All that green needs besides that no check finds anything.

    known_failures: failed cases that are known issues; no more may have failed than these.
    """
    evidence = case.evidence
    counts, ending = evidence.ktap.counts, evidence.outcome.ending
    known = f" besides {known_failures} known" if known_failures else ""
    damage = f"{counts.crashed} without a result, {counts.errors} errors"
    return (
        Condition("the guest began", evidence.guest.begun, _seen(evidence.guest.begun)),
        Condition("the end marker came", evidence.guest.ended, _seen(evidence.guest.ended)),
        Condition("a clean power-off", ending is Ending.POWER_OFF, ending.value),
        *_of_machine(case),
        *_of_modules(case),
        *_of_what_ran(case),
        Condition(
            f"no case failed{known}", counts.failed == known_failures, f"{counts.failed} failed"
        ),
        Condition("results are whole", counts.crashed == counts.errors == 0, damage),
    )


def _of_what_ran(case: Case) -> Iterator[Condition]:
    if case.plan.selftests:
        return _of_selftests(case)
    return _of_command(case) if case.plan.session else _of_suites(case)


def _of_machine(case: Case) -> Iterator[Condition]:
    topology, guest = case.plan.topology, case.evidence.guest
    if topology.plugs:
        seen = sum(one.state is PlugState.SEEN for one in guest.plugs)
        what = f"{seen} of {len(topology.plugs)} were seen"
        yield Condition("each part came and went", complete(case), what)
    if topology.hmat:
        what = f"{len(guest.hmat.accesses)} nodes have an access class"
        yield Condition("the HMAT is the one asked for", shown(case), what)


def _of_modules(case: Case) -> Iterator[Condition]:
    asked = case.plan.modules
    if asked:
        runs = case.evidence.guest.modules
        well = {one.name for one in runs if one.insmod_status == one.rmmod_status == 0}
        odd = [one.name for one in asked if one.name not in well]
        what = f"not {', '.join(odd)}" if odd else f"{len(asked)} of {len(asked)}"
        yield Condition("each module was loaded and unloaded", not odd, what)


def _of_suites(case: Case) -> Iterator[Condition]:
    asked, ktap, kunit = case.plan.suites, case.evidence.ktap, case.plan.kunit
    suites = {test.name: test for test in case.of_modules}
    silent = [name for name in asked if name not in suites or not suites[name].children]
    count = len(asked) + len(kunit.suites if kunit else ())
    yield Condition("suites were asked for", count > 0, f"{count} suites")
    if kunit:
        yield Condition("built-in suites were asked for", bool(kunit.suites), kunit.glob)
        found = gaps(case)
        without = len({*found.silent, *found.partly, *found.uncalled})
        what = f"{without} of {len(kunit.suites)} did not" if found else f"{len(kunit.suites)} did"
        yield Condition("each built-in suite left all its results", not found, what)
    yield Condition(
        "each suite left results",
        not silent,
        f"none of {', '.join(silent)}" if silent else f"{len(asked)} of {len(asked)}",
    )
    yield Condition("a case passed", ktap.counts.passed > 0, f"{ktap.counts.passed} passed")


def _of_selftests(case: Case) -> Iterator[Condition]:
    asked, ktap = case.plan.selftests, case.evidence.ktap
    suites = {test.name: test for test in ktap.tests}
    status = case.evidence.guest.session_status
    told = "nobody heard that it did" if status is None else f"it ended with {status}"
    yield Condition("what runs the selftests ended with 0", status == 0, told)
    count = sum(len(target.tests) for target in asked)
    yield Condition(
        "selftests were asked for", count > 0, f"{count} programs of {len(asked)} target(s)"
    )
    odd = [
        target.target
        for target in asked
        if target.target not in suites
        or tuple(one.name for one in suites[target.target].children) != target.tests
        or any(one.number is None for one in suites[target.target].children)
    ]
    what = f"not those of {', '.join(odd)}" if odd else f"{count} of {count}"
    yield Condition("each selftest left a result", not odd, what)
    yield Condition("a case passed", ktap.counts.passed > 0, f"{ktap.counts.passed} passed")


def _of_command(case: Case) -> Iterator[Condition]:
    status = case.evidence.guest.session_status
    told = "nobody heard that it did" if status is None else f"it ended with {status}"
    yield Condition("the command ended with 0", status == 0, told)


def _seen(there: bool) -> str:
    return "it did" if there else "it did not"
