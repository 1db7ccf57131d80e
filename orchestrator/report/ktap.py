# SPDX-License-Identifier: GPL-2.0-only
"""Test results as a clean KTAP document (Documentation/dev-tools/ktap.rst)."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.evidence import Ktap, KtapTest, TestResult


def ktap(results: Ktap) -> str:
    """KTAP version 1, nested, without the log around it; "" if there were no tests."""
    if not results.tests:
        return ""
    return "".join(f"{line}\n" for line in _block(results.tests, len(results.tests), ""))


def _block(tests: tuple[KtapTest, ...], planned: int | None, indent: str) -> Iterator[str]:
    yield f"{indent}KTAP version 1"
    if planned is not None:
        yield f"{indent}1..{planned}"
    for position, test in enumerate(tests, start=1):
        if test.children:
            yield from _block(test.children, test.planned, indent + "    ")
        for text in test.diagnostics:
            yield f"{indent}# {text.strip().removeprefix('# ')}"
        yield f"{indent}{_result(test, position)}"


def _result(test: KtapTest, position: int) -> str:
    good = test.result in (TestResult.PASSED, TestResult.SKIPPED)
    word = "ok" if good else "not ok"
    line = f"{word} {test.number or position} {test.name}"
    if test.result is TestResult.SKIPPED:
        return f"{line} # SKIP {test.directive}".rstrip()
    if test.result is TestResult.CRASHED:
        return f"{line} # never ended"
    return line
