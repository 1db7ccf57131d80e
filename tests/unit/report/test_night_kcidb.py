# SPDX-License-Identifier: GPL-2.0-only
"""KCIDB's data: valid by its own library, exact in what it says, ids that hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_nights import (
    BASE,
    FAIL,
    FIX,
    NONE,
    PASS,
    SKIP,
    all_sorts,
    attempt,
    crash,
    green,
    host,
    judged,
    new_failure,
    night,
    nights,
    red,
    standing,
)

from orchestrator.model.night import CaseRow, CaseStatus, CellKey, Change
from orchestrator.model.night_told import tell
from orchestrator.model.verdict import Fault, Verdict
from orchestrator.report.night_kcidb import case_status, night_kcidb, run_status

kcidb_io = pytest.importorskip("kcidb_io")


def data(given: Any, origin: str = "orchestrate") -> dict[str, Any]:
    """Valid, by KCIDB's own schema, formats of times included."""
    found = json.loads(json.dumps(night_kcidb(tell(given), origin)))
    kcidb_io.schema.LATEST.validate(found)
    return dict(found)


def ids(found: dict[str, Any]) -> list[str]:
    kinds = ("checkouts", "builds", "tests", "issues", "incidents")
    return [each["id"] for kind in kinds for each in found.get(kind, [])]


@pytest.mark.parametrize("name", nights())
def test_it_is_valid_and_refers_to_what_is_there(name: str) -> None:
    found = data(nights()[name].judged)
    known = ids(found)
    assert len(known) == len(set(known))
    for test in found.get("tests", []):
        assert test["build_id"] in known
    for build in found.get("builds", []):
        assert build["checkout_id"] in known
    for incident in found.get("incidents", []):
        assert {incident["issue_id"], incident["test_id"], incident["build_id"]} <= set(known)


def test_the_library_refuses_what_is_wrong() -> None:
    found = data(green())
    for change in ({"id": "no origin"}, {"status": "GREEN"}, {"path": "a b"}, {"extra": 1}):
        bad = {**found, "tests": [{**found["tests"][0], **change}]}
        assert not _valid(bad)


def _valid(found: dict[str, Any]) -> bool:
    try:
        kcidb_io.schema.LATEST.validate(found)
    except Exception:
        return False
    return True


def test_a_night_without_runs_is_valid_and_empty() -> None:
    assert data(judged(())) == {"version": {"major": 5, "minor": 3}}


@pytest.mark.parametrize(
    ("verdict", "fault", "status"),
    [
        (Verdict.PASS, None, "PASS"),
        (Verdict.SKIP, Fault.TEST, "SKIP"),
        (Verdict.INCOMPLETE, Fault.TEST, "ERROR"),
        (Verdict.INCOMPLETE, Fault.KERNEL, "ERROR"),
        (Verdict.FAIL, Fault.KERNEL, "FAIL"),
        (Verdict.FAIL, Fault.TEST, "ERROR"),
        (Verdict.FAIL, Fault.OURS, "ERROR"),
        (Verdict.HANG, Fault.KERNEL, "FAIL"),
        (Verdict.CRASH, Fault.KERNEL, "FAIL"),
        (Verdict.INFRASTRUCTURE, Fault.OURS, "ERROR"),
    ],
)
def test_statuses_of_runs(verdict: Verdict, fault: Fault | None, status: str) -> None:
    run = attempt(BASE, verdict=verdict, fault=fault)
    assert run_status(run) == status
    (test,) = [each for each in data(judged((run,)))["tests"] if "name" not in each["misc"]]
    assert (test["status"], test["path"]) == (status, "boot")


@pytest.mark.parametrize(
    ("status", "said", "hosts"),
    [(PASS, "PASS", "ERROR"), (FAIL, "FAIL", "ERROR"), (SKIP, "SKIP", "ERROR"),
     (NONE, "MISS", "MISS")],
)  # fmt: skip
def test_statuses_of_tests(status: CaseStatus, said: str, hosts: str) -> None:
    row = CaseRow("s.one", status)
    assert case_status(attempt(BASE), row) == said
    assert case_status(host(BASE), row) == hosts


def test_nothing_of_a_run_whose_host_failed_is_pass_or_fail() -> None:
    for boot_s, status in ((None, "MISS"), (2.5, "ERROR")):
        found = data(judged((host(BASE, boot_s=boot_s),)))
        assert {each["status"] for each in found["tests"]} <= {"ERROR", "MISS"}
        assert found["tests"][0]["status"] == status
        assert "issues" not in found
        assert found["builds"][0]["status"] == ("PASS" if boot_s else "MISS")


def test_a_broken_build_fails_and_has_no_tests() -> None:
    run = attempt(FIX, verdict=Verdict.BUILD_BROKEN, boot_s=None, headline="f.c:1: no", cases=())
    found = data(judged((run,)))
    assert found["builds"][0]["status"] == "FAIL"
    assert found["builds"][0]["log_excerpt"] == "f.c:1: no"
    assert found["checkouts"][0]["valid"] is True
    assert "tests" not in found


def test_a_broken_patch_is_an_invalid_checkout_and_no_build() -> None:
    run = attempt(FIX, verdict=Verdict.PATCH_BROKEN, boot_s=None, cases=())
    found = data(judged((run,)))
    assert found["checkouts"][0]["valid"] is False
    assert "builds" not in found and "tests" not in found


def test_a_host_that_failed_does_not_spoil_the_build_that_booted() -> None:
    for runs in ((host(BASE), attempt(BASE, 2)), (attempt(BASE), host(BASE, 2))):
        (build,) = data(judged(runs))["builds"]
        assert build["status"] == "PASS"


def test_a_broken_build_is_known_even_if_the_host_failed_first() -> None:
    broken = attempt(FIX, 2, verdict=Verdict.BUILD_BROKEN, boot_s=None, headline="no", cases=())
    for runs in ((host(FIX), broken), (broken, host(FIX, 3))):
        (build,) = data(judged(runs))["builds"]
        assert (build["status"], build["log_excerpt"]) == ("FAIL", "no")


def test_a_broken_patch_is_known_even_if_the_host_failed_first() -> None:
    broken = attempt(FIX, 2, verdict=Verdict.PATCH_BROKEN, boot_s=None, cases=())
    (checkout,) = data(judged((host(FIX), broken)))["checkouts"]
    assert checkout["valid"] is False


def test_ids_hold_from_night_to_night() -> None:
    first = data(new_failure())
    later = replace(
        new_failure(),
        night=night("night-3", started_at="2026-11-26T22:00:00+00:00"),
        attempts=tuple(replace(each, id=f"{each.id}-3") for each in new_failure().attempts),
    )
    second = data(later)
    for kind in ("checkouts", "builds", "issues"):
        assert [each["id"] for each in first[kind]] == [each["id"] for each in second[kind]]
    for kind in ("tests", "incidents"):
        assert not {each["id"] for each in first[kind]} & {each["id"] for each in second[kind]}
    assert data(new_failure()) == first


def test_other_sources_are_another_checkout() -> None:
    found = data(judged((attempt(BASE), attempt(BASE, 2, tree_key="other"))))
    assert len(found["checkouts"]) == len(found["builds"]) == 2


def test_names_that_run_together_stay_apart() -> None:
    pairs = (
        CellKey("a", "b", "c", "t"),
        CellKey("a/b", "", "c", "t"),
        CellKey("a", "b/c", "", "t"),
    )
    found = data(judged(tuple(attempt(cell) for cell in pairs), night=night(cells=pairs)))
    assert len(found["checkouts"]) == len(found["builds"]) == 3


def test_a_crash_is_an_issue_by_its_signature_and_a_failure_by_its_test() -> None:
    told = (standing(FIX, Change.NEW_FAILURE, "s.one"),)
    found = data(judged((crash(FIX), red(FIX, 2)), told))
    subjects = [each["report_subject"] for each in found["issues"]]
    assert subjects == ["BUG: bad page in f", "s.one failed"]
    assert all(each["present"] for each in found["incidents"])
    tests = {each["id"]: each for each in found["tests"]}
    assert [tests[each["test_id"]]["status"] for each in found["incidents"]] == ["FAIL", "FAIL"]


def test_what_is_fixed_is_told_absent_under_the_same_issue() -> None:
    fixed = data(judged((attempt(FIX),), (standing(FIX, Change.FIXED, "s.one"),)))
    (incident,) = fixed["incidents"]
    assert incident["present"] is False
    assert incident["issue_id"] == data(new_failure())["issues"][0]["id"]
    assert "incidents" not in data(judged((attempt(FIX),)))


def test_a_quarantine_changes_no_status() -> None:
    found = data(all_sorts())
    held = [each for each in found["tests"] if "quarantine" in each["misc"]]
    # The run and s.one, twice.
    assert [each["status"] for each in held] == ["FAIL"] * 4
    assert held[0]["misc"]["quarantine"]["until"] == "2027-01-31"


def test_paths() -> None:
    rows = (
        CaseRow("s.one", PASS),
        CaseRow("s.*", FAIL),
        CaseRow("s.a b.c", PASS),
        CaseRow("", PASS),
    )
    found = data(judged((attempt(BASE, cases=rows),)))
    paths = [each["path"] for each in found["tests"]]
    assert paths == [
        "boot", "boot.kunit.s.one", "boot.kunit.s", "boot.kunit.s.a_b.c", "boot.kunit._",
    ]  # fmt: skip


def test_the_origin_is_in_every_id() -> None:
    assert all(each.startswith("my_farm:") for each in ids(data(all_sorts(), "my_farm")))


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=()), max_size=20))
def test_any_name_is_valid(name: str) -> None:
    cell = CellKey(name, name, name, name, name)
    rows = (CaseRow(name, FAIL), CaseRow(f"{name}.x", PASS))
    run = crash(cell, cases=rows, host=name, started_at=name, kernel_release=name, headline=name)
    data(judged((run,), (standing(cell, Change.FIXED, name),), night=night(cells=(cell,))))
