# SPDX-License-Identifier: GPL-2.0-only
"""Repeats the verdict of a run from its directory alone."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.model import rundir as names
from orchestrator.model.document import RunDocument
from orchestrator.model.errors import UsageError
from orchestrator.model.evidence import VmOutcome
from orchestrator.model.job import Plan, RunResult
from orchestrator.model.verdict import Verdict
from orchestrator.parse.assemble import assemble
from orchestrator.report.document import read_document
from orchestrator.workflow.autopsy import kept_autopsy
from orchestrator.workflow.verdict import judged, kept


def rejudge(run_dir: Path) -> tuple[RunResult, RunDocument]:
    """(the run judged again, what run.json says). UsageError if the directory is damaged.

    A run that never got to a boot keeps its verdict: there is nothing to judge again.
    """
    try:
        before = read_document((run_dir / names.RUN).read_text())
        result = _meta(run_dir, before)
        booted = before.outcome is not None or before.verdict is Verdict.PASS
        if not booted and not (run_dir / names.VM).is_file():
            return result, before
        plan = msgspec.json.decode((run_dir / names.PLAN).read_bytes(), type=Plan)
        outcome = msgspec.json.decode((run_dir / names.VM).read_bytes(), type=VmOutcome)
        symbols, issues = kept(run_dir)
        seen = kept_autopsy(run_dir)
    except (OSError, ValueError) as error:
        raise UsageError(f"{run_dir} cannot be judged: {error}", "boot again") from error
    channels = rundir.read_channels(run_dir)
    evidence, _ = assemble(
        channels, outcome, plan.nonce, suites=not plan.session, selftests=plan.selftests
    )
    result = replace(result, plan=plan, autopsy=seen)
    again, _ = judged(result, evidence, symbols, issues)
    return again, before


def _meta(run_dir: Path, before: RunDocument) -> RunResult:
    return RunResult(
        verdict=before.verdict,
        findings=before.findings,
        run_dir=run_dir,
        command=before.command,
        started_at=before.started_at,
        tree_origin=before.tree,
        kernel_release=before.kernel_release,
        config=before.config,
        patches=before.patches,
        accelerator=before.accelerator,
        sandbox=before.sandbox,
        stages=before.stages,
        notes=before.notes,
        keys=before.keys,
        tools=before.tools,
        llvm=before.llvm,
        arch=before.arch,
    )
