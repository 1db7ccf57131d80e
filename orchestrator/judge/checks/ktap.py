# SPDX-License-Identifier: GPL-2.0-only
"""Test results: failures, tests that never ended, damaged structure, nothing but skips."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

_BAD = (TestResult.FAILED, TestResult.CRASHED)


def check_ktap(case: Case) -> Iterator[Finding]:
    evidence, ktap = case.evidence, case.evidence.ktap
    for test in ktap.tests:
        for path, leaf in _leaves(test, ""):
            lines = _lines(evidence.results_in, leaf)
            if leaf.result is TestResult.FAILED:
                yield Finding("ktap", Verdict.FAIL, Fault.KERNEL, f"{path} failed", lines)
            elif leaf.result is TestResult.CRASHED:
                title = f"{path} started and never ended"
                yield Finding("ktap", Verdict.INCOMPLETE, Fault.KERNEL, title, lines)
    for error in ktap.errors:
        title = f"KTAP is damaged: {error}"
        yield Finding("ktap", Verdict.INCOMPLETE, Fault.TEST, title)
    if ktap.counts.skipped and not (ktap.counts.passed or ktap.counts.failed):
        title = f"all {ktap.counts.skipped} cases were skipped: nothing was tested"
        yield Finding("ktap", Verdict.SKIP, Fault.TEST, title)


def _leaves(test: KtapTest, above: str) -> Iterator[tuple[str, KtapTest]]:
    path = f"{above}.{test.name}" if above else test.name
    if not test.children:
        yield path, test
    for child in test.children:
        yield from _leaves(child, path)
    bad_below = any(child.result in _BAD for child in test.children)
    if test.children and test.result in _BAD and not bad_below:
        yield path, test  # a suite whose init or exit went wrong: no child says so


def _lines(file: str, test: KtapTest) -> tuple[EvidenceLine, ...]:
    shown = [EvidenceLine(file, test.line, text) for text in test.diagnostics[:MAX_LINES]]
    return tuple(shown) or (EvidenceLine(file, test.line, f"{test.result.value}: {test.name}"),)
