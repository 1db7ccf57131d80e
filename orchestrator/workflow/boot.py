# SPDX-License-Identifier: GPL-2.0-only
"""One job, in one straight line: tree → kernel → module → guest → boot → evidence → verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import host, rundir, sandbox
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import sweep
from orchestrator.model.errors import (
    BuildBroken,
    InfrastructureError,
    OrchestrateError,
    PatchBroken,
    UsageError,
)
from orchestrator.model.job import RunResult
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.boot_ready import boot_ready
from orchestrator.workflow.clock import Clock, now
from orchestrator.workflow.ready import aloud, get_tree, make_ready

RUN_MIB = 300  # room for a run directory before a boot starts
RUNS_MIB = 600  # and for those of a search or comparison, to begin with

_INTERRUPTED = Finding("run", Verdict.INCOMPLETE, Fault.OURS, "interrupted by the user")


def run_boot(job: BootJob, progress: Progress) -> RunResult:
    """Run it and leave a run directory that explains it, whatever happens.

    Raises UsageError (nothing was run, and no directory is left) and passes Ctrl-C on; every
    other failure ends as a verdict.
    """
    store = Store(cache_root())
    contained = sandbox.found()
    run_dir = rundir.create(job.run_dir)
    rundir.need_room(run_dir, RUN_MIB, "a run")
    clock = Clock(progress)
    result = replace(
        blank(job, run_dir),
        patches=tuple(spec.text for spec in job.patches),
        sandbox=contained,
    )
    try:
        result = _line(job, store, clock, result)
    except UsageError:
        rundir.discard(run_dir)
        raise
    except OrchestrateError as error:
        result = failed(result, error)
    except KeyboardInterrupt:
        save(replace(result, findings=(_INTERRUPTED,), stages=tuple(clock.stages)))
        raise
    result = replace(result, stages=tuple(clock.stages), notes=tuple(clock.notes))
    save(result)
    return result


def _line(job: BootJob, store: Store, clock: Clock, result: RunResult) -> RunResult:
    host.require(job.config.arch)
    aloud(clock)
    sweep(store, clock)
    mails = (*read_patches(job, store, clock), *job.mails)
    tree = get_tree(job, store, clock)
    if job.kselftest:
        from orchestrator.workflow import selftests

        job, ready = selftests.make_ready(job, tree, mails, store, result.run_dir, clock)
    else:
        ready = make_ready(job, tree, mails, store, result.run_dir, clock)
    return boot_ready(job, ready, clock, result)


def read_patches(job: BootJob, store: Store, clock: Clock) -> Iterator[PatchMail]:
    """What the job's patches name. Raises what reading them raises."""
    if not job.patches:
        return
    # Imported here: the web's libraries take longer to load than a warm run may.
    from orchestrator.edge.patch_input import read_patches

    for spec in job.patches:
        series = read_patches(spec, job.tree, store, clock)
        for note in series.notes:
            clock(Note(note))
        yield from series.patches


def save(result: RunResult) -> None:
    """Write the reports every run leaves."""
    # Loaded late, beside the guest: see there.
    from orchestrator.workflow import after_boot

    after_boot.save(result)


def blank(job: BootJob, run_dir: Path) -> RunResult:
    """Of a run that begins now, and of which nothing is known yet."""
    return RunResult(
        verdict=Verdict.INCOMPLETE,
        findings=(),
        run_dir=run_dir,
        command=job.command,
        started_at=now(),
        config=job.config.label,
        arch=job.config.arch,
    )


def failed(result: RunResult, error: OrchestrateError) -> RunResult:
    """Of a run that ended with this error."""
    return replace(result, verdict=verdict_of(error), findings=(finding_of(error),))


def verdict_of(error: OrchestrateError) -> Verdict:
    """What a run that ended with this error is."""
    if isinstance(error, PatchBroken):
        return Verdict.PATCH_BROKEN
    return Verdict.BUILD_BROKEN if isinstance(error, BuildBroken) else Verdict.INFRASTRUCTURE


def finding_of(error: OrchestrateError) -> Finding:
    """The error, as what was found in the run that it ended."""
    file = str(error.log) if error.log else ""
    errors = error.errors if isinstance(error, BuildBroken) else ()
    return Finding(
        check="run",
        verdict=verdict_of(error),
        fault=Fault.OURS if isinstance(error, InfrastructureError) else Fault.KERNEL,
        title=error.message,
        evidence=tuple(EvidenceLine(Path(file).name, 0, line) for line in errors),
        hint=error.hint,
    )
