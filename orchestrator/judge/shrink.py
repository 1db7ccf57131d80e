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


def named_cases(finding: Finding, result: RunResult) -> tuple[tuple[str, str], ...]:
    """(suite, case) that may be enough to see the failure, the likeliest first: of a failed case
    that one alone, of anything else the one that ran then, those that did not pass, all others.

    The guest prints them: what is no name in C is left out, since KUnit would take it for a
    pattern.
    """
    if result.evidence is None:
        return ()
    found: list[tuple[int, int, str, str]] = []
    for suite in result.evidence.ktap.tests:
        for case in suite.children:
            if not _NAME.fullmatch(case.name):
                continue
            if finding.check == "ktap" and _is_about(finding.title, f"{suite.name}.{case.name}"):
                return ((suite.name, case.name),)
            bad = any(leaf.result in _BAD for leaf in case.leaves())
            found.append((0 if bad else 1, case.line, suite.name, case.name))
    then = _line(finding, result)
    after = [each for each in found if then and each[1] >= then]
    ran = min(after, key=lambda each: each[1], default=None)
    ranked = sorted(found, key=lambda each: (each is not ran, each[0]))
    return tuple((suite, case) for _, _, suite, case in ranked)


def _line(finding: Finding, result: RunResult) -> int:
    """Where in the log that results stand in, too; 0 if it is not known."""
    lines = (each.line for each in finding.evidence if each.file == _log(result))
    return next(lines, 0)


def _log(result: RunResult) -> str:
    return result.evidence.log_from if result.evidence else ""


def named_suites(finding: Finding, result: RunResult) -> tuple[str, ...]:
    """Suites that the failure may come from: named in its title, begun last and not ended, or that
    of the likeliest case."""
    if result.evidence is None:
        return ()
    runs = result.evidence.guest.suites
    words = finding.title.replace(".", " ").split()
    named = [run.name for run in runs if run.name in words]
    open_ = [run.name for run in runs if run.end_s is None]
    likely = [suite for suite, _ in named_cases(finding, result)[:1]]
    return tuple(dict.fromkeys((*named, *open_, *likely)))


def _is_about(title: str, name: str) -> bool:
    return title.startswith((f"{name} ", f"{name}."))


def choose(found: Sequence[Finding], text: str) -> Finding | None:
    """The first finding, or the first that has this signature, or this text in its title."""
    if not text:
        return next(iter(found), None)
    by_name = (f for f in found if len(text) >= 6 and f.signature.startswith(text))
    by_title = (f for f in found if text.casefold() in f.title.casefold())
    return next(by_name, None) or next(by_title, None)
