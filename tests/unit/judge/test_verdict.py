# SPDX-License-Identifier: GPL-2.0-only
"""The worst finding wins, and no loss of evidence reads as green."""

from __future__ import annotations

from typing import Any

import pytest
from green_case import (
    SUITES,
    damaged,
    green_evidence,
    green_plan,
    judged,
    results,
    suite,
    with_splat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields, replace

from orchestrator.judge import verdict as judging
from orchestrator.judge.case import Case
from orchestrator.model.evidence import Ending, Evidence, GuestReport, TestResult, VmOutcome
from orchestrator.model.verdict import Verdict, worst

RELAXED = settings(deadline=None, max_examples=60)


def test_the_worst_of_several_findings_wins_and_comes_first() -> None:
    broken = results(suite(SUITES[0], TestResult.PASSED), suite(SUITES[1], TestResult.FAILED))
    both = replace(broken, log=replace(broken.log, lost=1))
    verdict, findings = judged(both)
    assert verdict is Verdict.FAIL
    assert [finding.verdict for finding in findings] == [Verdict.FAIL, Verdict.INCOMPLETE]


def test_a_crash_outranks_what_it_left_unfinished() -> None:
    crashed = replace(
        with_splat("KASAN", fatal=True),
        outcome=VmOutcome(Ending.RESET, 0, 2.0),
        guest=replace(green_evidence().guest, ended=False, suites=()),
    )
    verdict, findings = judged(crashed)
    assert verdict is Verdict.CRASH
    assert findings[-1].verdict is Verdict.INCOMPLETE
    assert {finding.check for finding in findings} >= {"splats", "ending", "suites"}


def test_infrastructure_outranks_everything() -> None:
    crashed = replace(with_splat("oops"), guest=damaged("guest", nodes=()).guest)
    assert judged(crashed)[0] is Verdict.INFRASTRUCTURE


def test_a_hang_outranks_a_failure() -> None:
    hung = replace(
        results(suite(SUITES[0], TestResult.FAILED), suite(SUITES[1], TestResult.PASSED)),
        outcome=VmOutcome(Ending.DEADLINE, -9, 40.0),
    )
    assert judged(hung)[0] is Verdict.HANG


def test_nothing_at_all_is_not_green() -> None:
    for ending in Ending:
        assert judged(Evidence(VmOutcome(ending, 0, 1.0)))[0] is not Verdict.PASS
    assert worst(()) is Verdict.INCOMPLETE


def test_no_suite_asked_for_is_not_green() -> None:
    assert judged(green_evidence(), suites=())[0] is Verdict.INCOMPLETE


@pytest.mark.parametrize(
    "evidence",
    [
        damaged("outcome", ending=Ending.RESET),
        damaged("guest", begun=False),
        damaged("guest", ended=False),
        results(suite(SUITES[0], TestResult.PASSED)),
        results(*(suite(name, TestResult.SKIPPED) for name in SUITES)),
        results(*(suite(name, TestResult.PASSED, TestResult.FAILED) for name in SUITES)),
        results(*(suite(name, TestResult.PASSED, TestResult.CRASHED) for name in SUITES)),
        results(*(suite(name, TestResult.PASSED) for name in SUITES), errors=("odd",)),
    ],
)
def test_the_second_lock_holds_without_any_check(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a check were lost, the run would end as incomplete, not as green."""
    monkeypatch.setattr(judging, "CHECKS", ())
    assert judged(green_evidence()) == (Verdict.PASS, ())
    assert judged(evidence) == (Verdict.INCOMPLETE, ())


def test_the_same_evidence_gives_the_same_findings() -> None:
    evidence = damaged("guest", complaints=("a", "b"), suites=())
    assert judged(evidence) == judged(evidence)


Path = tuple[str | int, ...]


def _places(value: Any, above: Path = ()) -> list[Path]:
    """Every field and item below a value of the model."""
    found: list[Path] = []
    if isinstance(value, Struct):
        steps: list[tuple[str | int, Any]] = [
            (field.name, getattr(value, field.name)) for field in fields(value)
        ]
    elif isinstance(value, tuple):
        steps = list(enumerate(value))
    else:
        return found
    for step, inner in steps:
        found.append((*above, step))
        if not (isinstance(value, tuple) and isinstance(inner, tuple)):  # a (name, value) pair
            found += _places(inner, (*above, step))
    return found


_EMPTY: dict[type, Any] = {bool: False, int: 0, float: 0.0, str: "", tuple: ()}


def _without(value: Any, place: Path) -> Any:
    """The value with what is at `place` deleted: items go, fields become empty."""
    step, *rest = place
    if isinstance(value, tuple):
        assert isinstance(step, int)
        if not rest:
            return value[:step] + value[step + 1 :]
        return (*value[:step], _without(value[step], tuple(rest)), *value[step + 1 :])
    inner = getattr(value, str(step))
    if rest:
        return replace(value, **{str(step): _without(inner, tuple(rest))})
    empty = type(inner)() if isinstance(inner, GuestReport) else _EMPTY.get(type(inner), inner)
    return replace(value, **{str(step): empty})


PLACES = _places(green_evidence())


def _is_proof(evidence: Evidence) -> bool:
    """What PASS must never be said without, said here once more and on its own."""
    seen = {test.name: test for test in evidence.ktap.tests}
    loaded = {run.name for run in evidence.guest.suites if run.insmod_status == 0}
    leaves = [leaf for test in evidence.ktap.tests for leaf in test.leaves()]
    return (
        evidence.outcome.ending is Ending.POWER_OFF
        and evidence.guest.begun
        and evidence.guest.ended
        and all(name in seen and name in loaded for name in green_plan().suites)
        and all(len(seen[name].children) == seen[name].planned for name in green_plan().suites)
        and any(leaf.result is TestResult.PASSED for leaf in leaves)
        and bool(evidence.log.records)
    )


def test_there_is_much_to_delete() -> None:
    assert len(PLACES) > 150
    assert ("guest", "ended") in PLACES
    assert ("ktap", "tests", 1, "children", 0) in PLACES
    assert _is_proof(green_evidence())


@pytest.mark.parametrize(
    "place",
    [
        ("guest",),
        ("guest", "begun"),
        ("guest", "ended"),
        ("guest", "suites"),
        ("guest", "suites", 0),
        ("guest", "nodes", 1),
        ("ktap", "tests"),
        ("ktap", "tests", 0),
        ("ktap", "tests", 1, "children"),
        ("ktap", "tests", 1, "children", 0),
        ("log", "records"),
        ("trace", "events"),
        ("trace", "events", 1),
        ("trace", "events", 2),
    ],
)
def test_what_is_deleted_here_is_missed(place: Path) -> None:
    assert judged(_without(green_evidence(), place))[0] is not Verdict.PASS


def test_no_single_deletion_invents_a_pass() -> None:
    for place in PLACES:
        evidence = _without(green_evidence(), place)
        verdict, findings = judged(evidence)
        assert _is_proof(evidence) or verdict is not Verdict.PASS, place
        assert (
            verdict is Verdict.PASS or findings or not judging.proven(Case(green_plan(), evidence))
        )


@RELAXED
@given(st.data())
def test_no_further_deletions_invent_a_pass(data: st.DataObject) -> None:
    evidence = green_evidence()
    for _ in range(data.draw(st.integers(2, 6))):
        evidence = _without(evidence, data.draw(st.sampled_from(_places(evidence))))
    verdict, _ = judged(evidence)
    assert _is_proof(evidence) or verdict is not Verdict.PASS
