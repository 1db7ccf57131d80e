# SPDX-License-Identifier: GPL-2.0-only
"""Which failure a run shows, and whether another run shows the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.judge.onset import normalised
from orchestrator.model.evidence import TestResult
from orchestrator.model.job import RunResult
from orchestrator.model.shrink import Outcome, Target
from orchestrator.model.signature import stable_text
from orchestrator.model.verdict import Finding, Verdict

_NAME = re.compile(r"\w+", re.ASCII)
_BAD = (TestResult.FAILED, TestResult.CRASHED)
_NOWHERE = (Verdict.INFRASTRUCTURE, Verdict.PATCH_BROKEN, Verdict.BUILD_BROKEN)


def failures(result: RunResult) -> tuple[Finding, ...]:
    """What a run can be shrunk by: findings of its kernel or suites, worst first."""
    return tuple(
        finding
        for finding in result.findings
        if not finding.known and not finding.host and finding.verdict not in _NOWHERE
    )


def target_of(finding: Finding) -> Target:
    return Target(finding.check, finding.verdict.value, finding.title, finding.signature)


def shows(target: Target, finding: Finding) -> bool:
    """Is it the same failure?"""
    if finding.verdict.value != target.verdict or finding.known:
        return False
    if target.signature:
        return finding.signature == target.signature
    return (finding.check, _plain(finding.title)) == (target.check, _plain(target.title))


def _plain(title: str) -> str:
    return stable_text(normalised(title))


def outcome(target: Target, result: RunResult) -> tuple[Outcome, str]:
    """(what a judged run showed of the failure, in a line)"""
    same = [finding for finding in failures(result) if shows(target, finding)]
    first = result.findings[0].title if result.findings else result.verdict.value
    if same:
        return Outcome.SAME, same[0].title
    if result.verdict is Verdict.INFRASTRUCTURE:
        host = next((f"; {finding.host}" for finding in result.findings if finding.host), "")
        return Outcome.UNKNOWN, f"{first}{host}"
    return (Outcome.GREEN if result.verdict is Verdict.PASS else Outcome.OTHER), first


def named_cases(target: Target, result: RunResult) -> tuple[tuple[str, str], ...]:
    """(suite, case) that may be enough to see the failure, the likeliest first: of a failed case
    that one alone, of anything else those that did not pass, and then all others.

    The guest prints them: what is no name in C is left out, since KUnit would take it for a
    pattern.
    """
    if result.evidence is None:
        return ()
    found: dict[tuple[str, str], int] = {}
    for suite in result.evidence.ktap.tests:
        for case in suite.children:
            name = f"{suite.name}.{case.name}"
            if not _NAME.fullmatch(case.name):
                continue
            if target.check == "ktap" and _is_about(target.title, name):
                return ((suite.name, case.name),)
            bad = any(leaf.result in _BAD for leaf in case.leaves())
            found[suite.name, case.name] = 0 if bad else 1
    return tuple(sorted(found, key=found.__getitem__))


def named_suites(target: Target, result: RunResult) -> tuple[str, ...]:
    """Suites that the failure may come from: named in its title, or begun last and not ended."""
    if result.evidence is None:
        return ()
    runs = result.evidence.guest.suites
    words = target.title.replace(".", " ").split()
    named = [run.name for run in runs if run.name in words]
    open_ = [run.name for run in runs if run.end_s is None]
    bad = [test.name for test in result.evidence.ktap.tests if test.result is TestResult.FAILED]
    return tuple(dict.fromkeys((*named, *open_, *bad[:1])))


def _is_about(title: str, name: str) -> bool:
    return title.startswith((f"{name} ", f"{name}."))


def choose(found: Sequence[Finding], text: str) -> Finding | None:
    """The first finding, or the first that has this signature, or this text in its title."""
    if not text:
        return next(iter(found), None)
    by_name = (f for f in found if len(text) >= 6 and f.signature.startswith(text))
    by_title = (f for f in found if text.casefold() in f.title.casefold())
    return next(by_name, None) or next(by_title, None)
