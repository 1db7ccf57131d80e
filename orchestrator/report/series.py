# SPDX-License-Identifier: GPL-2.0-only
"""SeriesResult → what a person reads in a terminal, and JSON."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.series import FailureSpan, SeriesResult
from orchestrator.model.verdict import Verdict
from orchestrator.report.clean import clean
from orchestrator.report.known import how_many

_STYLE = {Verdict.PASS: "green", Verdict.SKIP: "yellow", Verdict.INCOMPLETE: "yellow"}


def series_report(result: SeriesResult) -> RenderableType:
    """One row a step, one row a failure, the verdict last."""
    parts: list[RenderableType] = [_steps(result), Text()]
    if result.failures:
        parts += [_failures(result), Text()]
    parts += [Text(f"note: {clean(note)}", style="yellow") for note in result.notes]
    verdict = Text("verdict: ")
    verdict.append(result.verdict.value, style=f"bold {_STYLE.get(result.verdict, 'red')}")
    known = how_many(tuple(one for step in result.steps for one in step.findings))
    verdict.append(f"  ({known})" if known else "", style="bold yellow")
    return Group(*parts, verdict)


def series_json(result: SeriesResult) -> str:
    """The result as JSON, with its verdict and exit code; enums by value."""
    document: dict[str, Any] = msgspec.to_builtins(result)
    document |= {"verdict": result.verdict.value, "exit_code": result.verdict.exit_code}
    return json.dumps(document, indent=1) + "\n"


def _steps(result: SeriesResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    table.add_column("with patches up to")
    table.add_column("verdict")
    table.add_column("run", overflow="fold")
    for step in result.steps:
        known = how_many(step.findings)
        verdict = Text(step.verdict.value, style=_STYLE.get(step.verdict, "red"))
        verdict.append(f" ({known})" if known else "", style="yellow")
        verdict.append(f" (run of {step.from_run})" if step.from_run else "", style="dim")
        table.add_row(str(step.number), Text(clean(step.title)), verdict, Text(clean(step.run_dir)))
    for number, title in enumerate(result.not_run, start=len(result.steps)):
        table.add_row(str(number), Text(clean(title)), Text("not run", style="yellow"), "")
    return table


def _failures(result: SeriesResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("failure", "starts with", "fixed by"):
        table.add_column(name)
    for span in result.failures:
        table.add_row(Text(clean(span.title)), starts(span), fixed(span, len(result.steps) - 1))
    return table


def starts(span: FailureSpan) -> str:
    """ "base", "patch 3", or "patch 2 to 3" if what was between them could not be tested."""
    if span.unsure_since < span.first:
        return f"{_name(span.unsure_since)} to {span.first} (not testable before)"
    return _name(span.first)


def fixed(span: FailureSpan, last_step: int) -> str:
    """ "patch 4", "patch 3 to 4" likewise, or "not fixed"."""
    if span.fixed is None:
        untold = f" (not testable after {_name(span.last)})" if span.last < last_step else ""
        return f"not fixed{untold}"
    if span.fixed > span.last + 1:
        return f"patch {span.last + 1} to {span.fixed} (not testable between)"
    return f"patch {span.fixed}"


def _name(number: int) -> str:
    return f"patch {number}" if number else "base"
