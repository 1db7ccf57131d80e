# SPDX-License-Identifier: GPL-2.0-only
"""Which places in code a run's evidence names, and that evidence with file and line added."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from orchestrator.model.evidence import Evidence, KtapTest, Leak, Splat
from orchestrator.model.symbols import CodeRef, SymbolTable
from orchestrator.parse.frames import annotated, code_refs

MAX_REFS = 2000  # looked up for one run: some hundred stacks


def wanted(evidence: Evidence) -> tuple[CodeRef, ...]:
    """Every reference in reports, leaks and what failed cases wrote, each once, in order."""
    lines = [line for splat in evidence.splats for line in splat.lines]
    lines += [line for leak in evidence.leaks for line in leak.frames]
    lines += [line for test in evidence.ktap.tests for line in _diagnostics(test)]
    return code_refs(lines)[:MAX_REFS]


def symbolised(evidence: Evidence, table: SymbolTable) -> Evidence:
    """The same evidence; lines of reports and cases say where in the source they mean."""
    if not table.resolved:
        return evidence
    tests = tuple(_test(test, table) for test in evidence.ktap.tests)
    return replace(
        evidence,
        splats=tuple(symbolised_splat(splat, table) for splat in evidence.splats),
        ktap=replace(evidence.ktap, tests=tests),
        leaks=tuple(_leak(leak, table) for leak in evidence.leaks),
    )


def symbolised_splat(splat: Splat, table: SymbolTable) -> Splat:
    """The same report with file and line behind its stack frames."""
    return replace(splat, lines=tuple(annotated(line, table) for line in splat.lines))


def _leak(leak: Leak, table: SymbolTable) -> Leak:
    return replace(leak, frames=tuple(annotated(line, table) for line in leak.frames))


def _diagnostics(test: KtapTest) -> Iterator[str]:
    yield from test.diagnostics
    for child in test.children:
        yield from _diagnostics(child)


def _test(test: KtapTest, table: SymbolTable) -> KtapTest:
    return replace(
        test,
        diagnostics=tuple(annotated(line, table) for line in test.diagnostics),
        children=tuple(_test(child, table) for child in test.children),
    )
