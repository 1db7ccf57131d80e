# SPDX-License-Identifier: GPL-2.0-only
"""A judged night → KCIDB's I/O data, version 5: checkouts, builds, tests, issues, incidents.

Ids are digests of what they stand for: the sources, the kernel, the attempt, the crash. So the
same thing has the same id in every night, and a night that is sent twice is one night.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.model.night import Attempt, CaseStatus, Change
from orchestrator.model.night_told import ToldCase, ToldCell, ToldNight
from orchestrator.model.verdict import Verdict
from orchestrator.report.night_kcidb_ids import Ids
from orchestrator.report.night_kcidb_objects import (
    Object,
    booted,
    build_of,
    case_status,
    checkout_of,
    excerpt,
    incident_of,
    issue_of,
    run_status,
    test_of,
)

VERSION = {"major": 5, "minor": 3}


def night_kcidb(told: ToldNight, origin: str = "orchestrate") -> Object:
    """The data. A cell that was not run is none of it: nothing was tried.

    origin: of the CI system, [a-z0-9_]+. What is not known (a commit, a URL) is left out.
    """
    ids = Ids(origin)
    found: dict[str, dict[str, Object]] = {
        kind: {} for kind in ("checkouts", "builds", "tests", "issues", "incidents")
    }
    known = _builds(ids, told.judged.attempts)
    for cell in told.cells:
        standings = {case.name: case for case in cell.cases}
        for attempt in cell.attempts:
            _put(found["checkouts"], checkout_of(ids, attempt))
            if attempt.verdict is Verdict.PATCH_BROKEN:
                continue
            _put(found["builds"], build_of(ids, attempt, known))
            if attempt.verdict is Verdict.BUILD_BROKEN:
                continue
            for test in _tests(ids, cell, attempt, standings):
                _put(found["tests"], test)
            for issue, incident in _issues(ids, attempt, standings):
                _put(found["issues"], issue)
                _put(found["incidents"], incident)
    filled = {kind: list(each.values()) for kind, each in found.items() if each}
    return {"version": VERSION, **filled}


def _builds(ids: Ids, attempts: Iterable[Attempt]) -> dict[str, str]:
    """What is known of each: that it is broken, or that a run of it booted."""
    known: dict[str, str] = {}
    for attempt in attempts:
        if attempt.verdict is Verdict.BUILD_BROKEN:
            known.setdefault(ids.build(attempt), "FAIL")
        elif booted(attempt):
            known[ids.build(attempt)] = "PASS"
    return known


def _put(objects: dict[str, Object], found: Object) -> None:
    """The first of an id stays, but for a build or a checkout that is known better since."""
    before = objects.setdefault(found["id"], found)
    for key, value in found.items():
        before.setdefault(key, value)


def _tests(
    ids: Ids, cell: ToldCell, attempt: Attempt, cases: dict[str, ToldCase]
) -> Iterable[Object]:
    whole = test_of(ids, attempt, None, run_status(attempt), attempt.boot_s, cell.standing)
    whole["log_excerpt"] = excerpt((attempt.headline, *attempt.titles))
    yield whole
    for row in attempt.cases:
        case = cases.get(row.name)
        standing = case.standing if case else None
        status = case_status(attempt, row)
        yield test_of(ids, attempt, row.name, status, row.duration_s, standing)


def _issues(
    ids: Ids, attempt: Attempt, cases: dict[str, ToldCase]
) -> Iterable[tuple[Object, Object]]:
    """An issue for each crash, by its signature, and for each test that failed, by its name. One
    that is gone tonight is an incident that says so. The host's failures are no issues."""
    if attempt.verdict is Verdict.INFRASTRUCTURE:
        return
    for each in attempt.signatures:
        number = ids.signature(each.signature)
        words = {"signature": each.signature}
        issue = issue_of(ids, number, each.title, words)
        yield issue, incident_of(ids, number, attempt, ids.run(attempt), True)
    for row in attempt.cases:
        failed = row.status is CaseStatus.FAIL
        case = cases.get(row.name)
        gone = bool(case and case.standing and case.standing.change is Change.FIXED)
        if failed or (gone and row.status is CaseStatus.PASS):
            number = ids.failure(row.name)
            issue = issue_of(ids, number, f"{row.name} failed", {"test": row.name})
            test = ids.test(attempt, row.name)
            yield issue, incident_of(ids, number, attempt, test, failed)
