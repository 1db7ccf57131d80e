# SPDX-License-Identifier: GPL-2.0-only
"""Test results as a clean KTAP document (Documentation/dev-tools/ktap.rst)."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.evidence import Ktap, KtapTest, TestResult


def ktap(results: Ktap) -> str:
    """KTAP version 1, nested, without the log around it; "" if there were no tests."""
    if not results.tests:
        return ""
    lines = ("KTAP version 1", f"1..{len(results.tests)}", *_block(results.tests, ""))
    return "".join(f"{line}\n" for line in lines)


def _suite(test: KtapTest, indent: str) -> Iterator[str]:
    yield f"{indent}KTAP version 1"
    yield f"{indent}# Subtest: {test.name}"
    if test.planned is not None:
        yield f"{indent}1..{test.planned}"
    yield from _block(test.children, indent)


def _block(tests: tuple[KtapTest, ...], indent: str) -> Iterator[str]:
    for position, test in enumerate(tests, start=1):
        if test.children:
            yield from _suite(test, indent + "    ")
        yield from _diagnostics(test, indent)
        yield f"{indent}{_result(test, position)}"


def _diagnostics(test: KtapTest, indent: str) -> Iterator[str]:
    for text in test.diagnostics:
        words = text.strip().removeprefix("# ")
        # A stray line of the log must not become a suite's header.
        mark = "#  " if words.startswith("Subtest:") else "# "
        yield f"{indent}{mark}{words}"


def _result(test: KtapTest, position: int) -> str:
    good = test.result in (TestResult.PASSED, TestResult.SKIPPED)
    word = "ok" if good else "not ok"
    line = f"{word} {test.number or position} {test.name}"
    if test.result is TestResult.SKIPPED:
        return f"{line} # SKIP {test.directive}".rstrip()
    if test.result is TestResult.CRASHED:
        return f"{line} # never ended"
    return line
