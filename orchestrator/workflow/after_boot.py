# SPDX-License-Identifier: GPL-2.0-only
"""What a machine left behind → evidence → verdict → the files every run keeps.

Loading what reads and judges takes a tenth of a second: do so while the guest runs (load_meanwhile
in ready.py), and not on the way to its start.
"""

from __future__ import annotations

from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.model import rundir as names
from orchestrator.model.evidence import VmOutcome
from orchestrator.model.job import BuiltKernel, BuiltModule, RunResult
from orchestrator.model.known import KnownIssue
from orchestrator.model.progress import Note, Progress
from orchestrator.parse.assemble import assemble
from orchestrator.report.document import document, to_json
from orchestrator.report.junit import junit
from orchestrator.report.ktap import ktap
from orchestrator.workflow.autopsy import examine
from orchestrator.workflow.verdict import judged, keep_issues, look_up


def read_and_judge(
    result: RunResult,
    outcome: VmOutcome,
    kernel: BuiltKernel,
    module: BuiltModule,
    issues: tuple[KnownIssue, ...],
    progress: Progress,
    keep_dump: bool = False,
) -> RunResult:
    """result, with its plan, and what came of it. The run directory holds the channels.

    keep_dump: the memory of a guest that hung or crashed stays there too.
    """
    assert result.plan
    run_dir = result.run_dir
    rundir.write(run_dir, names.VM, to_json(outcome))
    plan = result.plan
    channels = rundir.read_channels(run_dir)
    evidence, dmesg = assemble(
        channels, outcome, plan.nonce, suites=not plan.session, selftests=plan.selftests
    )
    if dmesg:
        rundir.write(run_dir, names.DMESG, dmesg)
    symbols = look_up(evidence, kernel, module, run_dir, progress)
    keep_issues(run_dir, issues)
    result = replace(result, autopsy=examine(run_dir, kernel, keep_dump, progress))
    result, objections = judged(result, evidence, symbols, issues)
    for text in objections:
        progress(Note(text))
    return result


def save(result: RunResult) -> None:
    """Write the reports every run leaves."""
    rundir.write(result.run_dir, names.RUN, to_json(document(result)))
    rundir.write(result.run_dir, names.JUNIT, junit(result))
    if result.evidence:
        rundir.write(result.run_dir, names.KTAP, ktap(result.evidence.ktap))
