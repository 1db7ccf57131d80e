# SPDX-License-Identifier: GPL-2.0-only
"""Attempts and tests → the objects that KCIDB has for them, and their statuses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestrator.model.night import Attempt, CaseRow, CaseStatus
from orchestrator.model.standing import Standing
from orchestrator.model.verdict import Fault, Verdict
from orchestrator.report.clean import clean
from orchestrator.report.night_kcidb_ids import Ids

Object = dict[str, Any]
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


def run_status(attempt: Attempt) -> str:
    """Of a whole run. The host's failure is MISS before the boot, and ERROR after it."""
    if attempt.verdict is Verdict.INFRASTRUCTURE:
        return "ERROR" if booted(attempt) else "MISS"
    if attempt.verdict is Verdict.FAIL and attempt.fault is not None:
        return "FAIL" if attempt.fault is Fault.KERNEL else "ERROR"
    return _RUN.get(attempt.verdict, "MISS")


def case_status(attempt: Attempt, row: CaseRow) -> str:
    """Of one test. In a run whose host failed it says nothing, whatever it printed."""
    status = _CASE[row.status]
    hosts = attempt.verdict is Verdict.INFRASTRUCTURE
    return "ERROR" if hosts and status != "MISS" else status


def booted(attempt: Attempt) -> bool:
    return attempt.boot_s is not None


def checkout_of(ids: Ids, attempt: Attempt) -> Object:
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
    if broken or attempt.verdict is not Verdict.INFRASTRUCTURE or booted(attempt):
        checkout["valid"] = not broken
    return checkout


def build_of(ids: Ids, attempt: Attempt, known: Mapping[str, str]) -> Object:
    """known: statuses, by id; of what nobody knows it is MISS."""
    name = ids.build(attempt)
    build: Object = {
        "id": name,
        "origin": ids.origin,
        "checkout_id": ids.checkout(attempt),
        "architecture": "x86_64",
        "config_name": clean(attempt.cell.config),
        "status": known.get(name, "MISS"),
    }
    if attempt.kernel_release:
        build["comment"] = clean(attempt.kernel_release)
        build["misc"] = {"kernel_release": attempt.kernel_release}
    if attempt.verdict is Verdict.BUILD_BROKEN:
        build["log_excerpt"] = excerpt((attempt.headline, *attempt.titles))
    if attempt.build_s is not None:
        build["duration"] = attempt.build_s
    return build


def test_of(
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


def issue_of(ids: Ids, number: str, title: str, misc: Object) -> Object:
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


def incident_of(ids: Ids, issue: str, attempt: Attempt, test: str, present: bool) -> Object:
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


def excerpt(lines: Sequence[str]) -> str:
    return "\n".join(dict.fromkeys(clean(line) for line in lines if line))[:16384]


def _is_time(text: str) -> bool:
    """KCIDB's times have their zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None and "T" in text
    except ValueError:
        return False
