# SPDX-License-Identifier: GPL-2.0-only
"""One run → the row that the history keeps of it."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Iterator

from orchestrator.judge.compare.threads import case_durations
from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.model.job import RunResult
from orchestrator.model.night import Attempt, CaseRow, CaseStatus, CellKey, SignatureRow

_STATUS = {
    TestResult.PASSED: CaseStatus.PASS,
    TestResult.FAILED: CaseStatus.FAIL,
    TestResult.SKIPPED: CaseStatus.SKIP,
    TestResult.CRASHED: CaseStatus.FAIL,
}


def attempt(
    result: RunResult,
    cell: CellKey,
    number: int,
    sources: str,
    wall_s: float,
    build_s: float | None = None,
) -> Attempt:
    """sources: key of tree and patches. wall_s: with build_s, if it had to wait for a build."""
    boots = [stage.took_s for stage in result.stages if stage.stage == "boot"]
    counted = [finding for finding in result.findings if not finding.known]
    worst = next(iter(counted), None)
    return Attempt(
        id=str(uuid.uuid4()),
        cell=cell,
        number=number,
        started_at=result.started_at,
        verdict=result.verdict,
        fault=worst.fault if worst else None,
        kernel_release=result.kernel_release,
        tree_key=sources,
        host=platform.node(),
        run_dir=str(result.run_dir),
        wall_s=round(wall_s, 3),
        build_s=None if build_s is None else round(build_s, 3),
        boot_s=boots[-1] if boots else None,
        headline=worst.title if worst else "",
        cases=cases(result),
        signatures=signatures(result),
        titles=tuple(dict.fromkeys(finding.title for finding in counted)),
    )


def cases(result: RunResult) -> tuple[CaseRow, ...]:
    """Each case once, in the order of the log. SUITE.* is a suite that failed though no case of it
    did, or one that was planned and of which nothing was heard."""
    if not result.evidence:
        return ()
    took = case_durations(result.evidence.trace.events)
    rows: dict[str, CaseStatus] = {}
    heard = set()
    for suite in result.evidence.ktap.tests:
        heard.add(suite.name)
        for name, status in _cases(suite):
            rows[name] = max(rows.get(name, CaseStatus.NONE), status, key=lambda one: one.weight)
    for name in result.plan.suites if result.plan else ():
        if name not in heard:
            rows[f"{name}.*"] = CaseStatus.NONE
    return tuple(
        CaseRow(name, status, round(took[name], 6) if name in took else None)
        for name, status in rows.items()
    )


def _cases(suite: KtapTest) -> Iterator[tuple[str, CaseStatus]]:
    """A case with parameters is one: its own result says what they come to."""
    found = [(f"{suite.name}.{test.name}", _STATUS[test.result]) for test in suite.children]
    yield from found
    own = _STATUS[suite.result]
    if not found or (own is CaseStatus.FAIL and own not in dict(found).values()):
        yield f"{suite.name}.*", own


def signatures(result: RunResult) -> tuple[SignatureRow, ...]:
    """Of the kernel's reports, each once."""
    reports = result.evidence.splats if result.evidence else ()
    found = {each.signature: each.title for each in reversed(reports) if each.signature}
    return tuple(SignatureRow(key, title) for key, title in reversed(found.items()))
