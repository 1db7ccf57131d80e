# SPDX-License-Identifier: GPL-2.0-only
"""RunResult → run.json, and back to what a later judge needs."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from orchestrator.model.document import SCHEMA_VERSION, RunDocument, SuiteSummary
from orchestrator.model.evidence import Evidence, Ktap
from orchestrator.model.guest_machine import GuestHmat
from orchestrator.model.job import RunResult
from orchestrator.report.autopsy import page
from orchestrator.report.json_schema import schema_of


def document(result: RunResult) -> RunDocument:
    """The result as it is written down."""
    evidence = result.evidence
    return RunDocument(
        schema_version=SCHEMA_VERSION,
        verdict=result.verdict,
        exit_code=result.exit_code,
        started_at=result.started_at,
        command=result.command,
        tree=result.tree_origin,
        kernel_release=result.kernel_release,
        config=result.config,
        patches=result.patches,
        findings=result.findings,
        suites=suite_summaries(result),
        stages=result.stages,
        notes=result.notes,
        keys=result.keys,
        accelerator=result.accelerator,
        plan=result.plan,
        outcome=evidence.outcome if evidence else None,
        guest_nodes=evidence.guest.nodes if evidence else (),
        guest_hmat=evidence.guest.hmat if evidence else GuestHmat(),
        guest_plugs=evidence.guest.plugs if evidence else (),
        tests=evidence.ktap.tests if evidence else (),
        splats=evidence.splats if evidence else (),
        placements=evidence.placements if evidence else (),
        trace_events=len(evidence.trace.events) if evidence else 0,
        known_issues=result.known_issues,
        symbols=result.symbols,
        sandbox=result.sandbox,
        autopsy=page(result.autopsy) if result.autopsy else (),
        command_status=result.command_status,
        tools=result.tools,
        llvm=result.llvm,
        arch=result.arch,
    )


def suite_summaries(result: RunResult) -> tuple[SuiteSummary, ...]:
    """Every suite asked for, in that order, whether or not anything was heard of it."""
    if not (result.plan and result.evidence):
        return ()
    evidence, kunit = result.evidence, result.plan.kunit
    first = evidence.at_boot.count if kunit else 0
    names = dict.fromkeys(suite.name for suite in kunit.suites) if kunit else ()
    own = (_at_boot(name, evidence) for name in names)
    programs = (_of_programs(target.target, evidence) for target in result.plan.selftests)
    ours = (_summary(name, evidence, first) for name in result.plan.suites)
    return (*own, *ours, *programs)


def _at_boot(name: str, evidence: Evidence) -> SuiteSummary:
    """Of a suite that is built into the kernel."""
    count, seconds = evidence.at_boot.count, evidence.at_boot.seconds
    ran = [at for at, test in enumerate(evidence.ktap.tests[:count]) if test.name == name]
    counts = Ktap(tuple(evidence.ktap.tests[at] for at in ran)).counts
    times = [took for at in ran if (took := seconds[at]) is not None]
    return SuiteSummary(name, counts, round(sum(times), 3) if times else None)


def _of_programs(target: str, evidence: Evidence) -> SuiteSummary:
    """Of a target of kselftest; its time is that of its programs."""
    counts = Ktap(tuple(test for test in evidence.ktap.tests if test.name == target)).counts
    runs = [one for one in evidence.guest.selftests if one.name.startswith(f"{target}:")]
    took = [one.end_s - one.start_s for one in runs if one.end_s is not None]
    return SuiteSummary(target, counts, round(sum(took), 3) if took else None)


def _summary(name: str, evidence: Evidence, first: int) -> SuiteSummary:
    """first: from which on tests are those of modules."""
    mine = tuple(test for test in evidence.ktap.tests[first:] if test.name == name)
    counts = Ktap(mine).counts
    run = next((run for run in evidence.guest.suites if run.name == name), None)
    guest_s = round(run.end_s - run.start_s, 3) if run and run.end_s is not None else None
    return SuiteSummary(name, counts, guest_s)


def to_json(value: Any) -> str:
    """Indented JSON of any model type; enums by value."""
    return json.dumps(msgspec.to_builtins(value), indent=1) + "\n"


def read_document(text: str) -> RunDocument:
    """Raises ValueError with the path of what does not fit (msgspec.ValidationError)."""
    # json.loads, since msgspec's own decoder refuses the lone surrogates that stand for bytes
    # of a file name that are no UTF-8.
    return msgspec.convert(json.loads(text), RunDocument)


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of run.json."""
    return schema_of(RunDocument)
