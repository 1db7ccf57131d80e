# SPDX-License-Identifier: GPL-2.0-only
"""What comes after a boot and again with `orchestrate judge`: symbols, known issues, verdict."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.judge.known import objections
from orchestrator.judge.verdict import judge
from orchestrator.model import rundir as names
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.evidence import Evidence
from orchestrator.model.job import BuiltKernel, BuiltModule, RunResult
from orchestrator.model.known import Excuses, KnownIssue, known_ids
from orchestrator.model.progress import Note, Progress
from orchestrator.model.symbols import SymbolTable
from orchestrator.parse.symbolise import symbolised, wanted
from orchestrator.report.document import to_json


def look_up(
    evidence: Evidence, built: BuiltKernel, module: BuiltModule, run_dir: Path, progress: Progress
) -> SymbolTable:
    """File and line of what the evidence names; kept in the run directory if it names any.

    A note says what could not be looked up: the verdict does not depend on it.
    """
    refs = wanted(evidence)
    if not refs:
        return SymbolTable()
    # Imported here: the reader of ELF files takes long to load, and a green run has no frames.
    from orchestrator.edge.symbols import modules_in, resolve

    loaded = (module.core, *module.own, *(path for _, path in module.suites))
    modules = {path.stem: path for path in loaded}
    if {ref.module for ref in refs if ref.module} - modules.keys():
        modules = modules_in(built.obj) | modules  # the kernel's own
    try:
        table = resolve(refs, built.vmlinux, modules, (built.src,))
    except OrchestrateError as error:
        progress(Note(f"stack frames have no lines: {error.message}"))
        return SymbolTable()
    rundir.write(run_dir, names.SYMBOLS, to_json(table))
    for note in table.notes:
        progress(Note(note))
    return table


def judged(
    result: RunResult, evidence: Evidence, symbols: SymbolTable, issues: tuple[KnownIssue, ...]
) -> tuple[RunResult, tuple[str, ...]]:
    """(the run with its verdict, what is to be said of the list of known issues).

    result: with its plan, release and start. A pure function, so that it can be repeated.
    """
    assert result.plan
    evidence = symbolised(evidence, symbols)
    began = datetime.datetime.fromisoformat(result.started_at).date()
    excuses = Excuses(issues, result.kernel_release, began) if issues else None
    verdict, findings = judge(result.plan, evidence, excuses)
    used = known_ids(findings)
    known = tuple(issue for issue in issues if issue.id in used)
    done = replace(
        result,
        verdict=verdict,
        findings=findings,
        evidence=evidence,
        known_issues=known,
        symbols=symbols,
    )
    return done, objections(findings, excuses) if excuses else ()


def keep_issues(run_dir: Path, issues: tuple[KnownIssue, ...]) -> None:
    """Into the run directory, proofs included, so that the verdict can be repeated."""
    if issues:
        rundir.write(run_dir, names.KNOWN_ISSUES, to_json(issues))


def kept(run_dir: Path) -> tuple[SymbolTable, tuple[KnownIssue, ...]]:
    """What the two above left in a run directory. Raises ValueError if it is damaged."""
    symbols, issues = run_dir / names.SYMBOLS, run_dir / names.KNOWN_ISSUES
    return (
        msgspec.json.decode(symbols.read_bytes(), type=SymbolTable)
        if symbols.is_file()
        else SymbolTable(),
        msgspec.json.decode(issues.read_bytes(), type=tuple[KnownIssue, ...])
        if issues.is_file()
        else (),
    )
