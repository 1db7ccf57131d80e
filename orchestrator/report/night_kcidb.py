# SPDX-License-Identifier: GPL-2.0-only
"""A judged night → KCIDB's I/O data, version 5: checkouts, builds, tests, issues, incidents.

Ids are digests of what they stand for: the sources, the kernel, the attempt, the crash. So the
same thing has the same id in every night, and a night that is sent twice is one night.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from orchestrator.model.night import Attempt, CaseRow, CaseStatus
from orchestrator.model.night_told import ToldCase, ToldCell, ToldNight
from orchestrator.model.standing import Standing
from orchestrator.model.verdict import Fault, Verdict
from orchestrator.report.clean import clean
from orchestrator.report.night_kcidb_ids import Ids

Object = dict[str, Any]
VERSION = {"major": 5, "minor": 3}
_UNBOOTED = (Verdict.PATCH_BROKEN, Verdict.BUILD_BROKEN)
_CASE = {
    CaseStatus.PASS: "PASS",
    CaseStatus.FAIL: "FAIL",
    CaseStatus.SKIP: "SKIP",
    CaseStatus.NONE: "MISS",
}
_RUN = {
    Verdict.PASS: "PASS",
    Verdict.SKIP: "SKIP",
    Verdict.INCOMPLETE: "ERROR",
    Verdict.FAIL: "FAIL",
    Verdict.HANG: "FAIL",
    Verdict.CRASH: "FAIL",
}
_ODD = re.compile(r"[^a-zA-Z0-9_-]+")


def night_kcidb(told: ToldNight, origin: str = "orchestrate") -> Object:
    """The data. A cell that was not run is none of it: nothing was tried.

    origin: of the CI system, [a-z0-9_]+. What is not known (a commit, a URL) is left out.
    """
    ids = Ids(origin)
    found: dict[str, dict[str, Object]] = {
        kind: {} for kind in ("checkouts", "builds", "tests", "issues", "incidents")
    }
    booted = {ids.build(each) for each in told.judged.attempts if _booted(each)}
    for cell in told.cells:
        standings = {case.name: case for case in cell.cases}
        for attempt in cell.attempts:
            _put(found["checkouts"], _checkout(ids, attempt))
            if attempt.verdict is Verdict.PATCH_BROKEN:
                continue
            _put(found["builds"], _build(ids, attempt, booted))
            if attempt.verdict is Verdict.BUILD_BROKEN:
                continue
            tests = _tests(ids, cell, attempt, standings)
            for test in tests:
                _put(found["tests"], test)
            for issue, incident in _issues(ids, attempt, standings):
                _put(found["issues"], issue)
                _put(found["incidents"], incident)
    filled = {kind: list(each.values()) for kind, each in found.items() if each}
    return {"version": VERSION, **filled}


def run_status(attempt: Attempt) -> str:
    """Of a whole run. The host's failure is MISS before the boot, and ERROR after it."""
    if attempt.verdict is Verdict.INFRASTRUCTURE:
        return "ERROR" if _booted(attempt) else "MISS"
    if attempt.verdict is Verdict.FAIL and attempt.fault is not None:
        return "FAIL" if attempt.fault is Fault.KERNEL else "ERROR"
    return _RUN.get(attempt.verdict, "MISS")


def case_status(attempt: Attempt, row: CaseRow) -> str:
    """Of one test. In a run whose host failed it says nothing, whatever it printed."""
    status = _CASE[row.status]
    hosts = attempt.verdict is Verdict.INFRASTRUCTURE
    return "ERROR" if hosts and status != "MISS" else status


def _booted(attempt: Attempt) -> bool:
    return attempt.boot_s is not None


def _put(objects: dict[str, Object], found: Object) -> None:
    """The first of an id stays, but for a build or a checkout that is known better since."""
    before = objects.setdefault(found["id"], found)
    for key, value in found.items():
        before.setdefault(key, value)


def _checkout(ids: Ids, attempt: Attempt) -> Object:
    cell = attempt.cell
    broken = attempt.verdict is Verdict.PATCH_BROKEN
    patch = f" with {cell.patch}" if cell.patch else ""
    checkout: Object = {
        "id": ids.checkout(attempt),
        "origin": ids.origin,
        "tree_name": clean(cell.tree),
        "comment": clean(f"{cell.tree}{patch}"),
        "misc": {"tree": cell.tree, "patch": cell.patch, "sources": attempt.tree_key},
    }
    if not cell.patch:
        checkout["patchset_hash"] = ""
    if broken or attempt.verdict is not Verdict.INFRASTRUCTURE or _booted(attempt):
        checkout["valid"] = not broken
    return checkout


def _build(ids: Ids, attempt: Attempt, booted: set[str]) -> Object:
    """Its status is PASS if any run of it booted, FAIL if it is broken, else nobody knows."""
    name = ids.build(attempt)
    build: Object = {
        "id": name,
        "origin": ids.origin,
        "checkout_id": ids.checkout(attempt),
        "architecture": "x86_64",
        "config_name": clean(attempt.cell.config),
        "comment": clean(attempt.kernel_release),
        "misc": {"kernel_release": attempt.kernel_release},
    }
    if attempt.verdict is Verdict.BUILD_BROKEN:
        build |= {"status": "FAIL", "log_excerpt": _excerpt((attempt.headline, *attempt.titles))}
    elif name in booted:
        build["status"] = "PASS"
    elif attempt.verdict is Verdict.INFRASTRUCTURE:
        build["status"] = "MISS"
    if attempt.build_s is not None:
        build["duration"] = attempt.build_s
    return build


def _tests(
    ids: Ids, cell: ToldCell, attempt: Attempt, cases: dict[str, ToldCase]
) -> Iterable[Object]:
    whole = _test(ids, attempt, None, run_status(attempt), attempt.boot_s, cell.standing)
    whole["log_excerpt"] = _excerpt((attempt.headline, *attempt.titles))
    yield whole
    for row in attempt.cases:
        case = cases.get(row.name)
        standing = case.standing if case else None
        status = case_status(attempt, row)
        yield _test(ids, attempt, row.name, status, row.duration_s, standing)


def _test(
    ids: Ids,
    attempt: Attempt,
    name: str | None,
    status: str,
    took_s: float | None,
    standing: Standing | None,
) -> Object:
    cell = attempt.cell
    test: Object = {
        "id": ids.run(attempt) if name is None else ids.test(attempt, name),
        "origin": ids.origin,
        "build_id": ids.build(attempt),
        "path": _path(name),
        "status": status,
        "environment": {
            "comment": clean(f"QEMU q35, topology {cell.topology}, on {attempt.host}"),
            "misc": {"topology": cell.topology, "suites": cell.suites, "host": attempt.host},
        },
        "misc": {"attempt": attempt.number, "run": attempt.run_dir},
    }
    if name is not None:
        test["misc"]["name"] = name
    if _is_time(attempt.started_at):
        test["start_time"] = attempt.started_at
    if took_s is not None:
        test["duration"] = took_s
    if standing:
        test["misc"] |= _said(standing)
    return test


def _said(standing: Standing) -> Object:
    """What the nights before make of it, which KCIDB has no words for."""
    said: Object = {"change": standing.change.value}
    if standing.against_base:
        said["against_base"] = standing.against_base.value
    if standing.quarantine:
        entry = standing.quarantine
        said["quarantine"] = {
            "owner": entry.owner, "reason": entry.reason, "until": entry.until,
        }  # fmt: skip
    if standing.rate:
        said["failed"] = {"of": standing.rate.runs, "runs": standing.rate.failed}
    return said


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
        issue = _issue(ids, number, each.title, words)
        yield issue, _incident(ids, number, attempt, ids.run(attempt), True)
    for row in attempt.cases:
        failed = row.status is CaseStatus.FAIL
        case = cases.get(row.name)
        gone = bool(case and case.standing and case.standing.change.value == "fixed")
        if failed or (gone and row.status is CaseStatus.PASS):
            number = ids.failure(row.name)
            issue = _issue(ids, number, f"{row.name} failed", {"test": row.name})
            test = ids.test(attempt, row.name)
            yield issue, _incident(ids, number, attempt, test, failed)


def _issue(ids: Ids, number: str, title: str, misc: Object) -> Object:
    """version: always 1, since what it is told by is all that it is."""
    return {
        "id": number,
        "version": 1,
        "origin": ids.origin,
        "report_subject": clean(title),
        "comment": clean(title),
        "culprit": {"code": True, "tool": False, "harness": False},
        "misc": misc,
    }


def _incident(ids: Ids, issue: str, attempt: Attempt, test: str, present: bool) -> Object:
    return {
        "id": ids.incident(issue, test),
        "origin": ids.origin,
        "issue_id": issue,
        "issue_version": 1,
        "test_id": test,
        "build_id": ids.build(attempt),
        "present": present,
    }


def _path(name: str | None) -> str:
    """ "boot" for the run itself, "boot.kunit.SUITE.CASE" for what it ran."""
    if name is None:
        return "boot"
    parts = (_ODD.sub("_", part) for part in name.removesuffix(".*").split("."))
    return ".".join(("boot", "kunit", *(part or "_" for part in parts)))


def _excerpt(lines: Sequence[str]) -> str:
    return "\n".join(dict.fromkeys(clean(line) for line in lines if line))[:16384]


def _is_time(text: str) -> bool:
    """KCIDB's times have their zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None and "T" in text
    except ValueError:
        return False
