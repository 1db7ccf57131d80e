# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate shrink`: a run that failed → its smallest setup, in a directory of its own."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from orchestrator.config.assets import asset_dir
from orchestrator.config.suites import cases_in
from orchestrator.edge import accelerator, guest, host, rundir, sandbox
from orchestrator.edge.fingerprint import digest, named_digests
from orchestrator.edge.shrink_journal import ShrinkJournal, shrink_journal
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import sweep
from orchestrator.judge.shrink import outcome
from orchestrator.model import rundir as names
from orchestrator.model.arch import named
from orchestrator.model.errors import UsageError
from orchestrator.model.progress import Note, Progress
from orchestrator.model.shrink import Outcome, ShrinkResult, Target, Trial
from orchestrator.plan.shrink_order import Cases, unfinished_first
from orchestrator.plan.topology_file import topology_file
from orchestrator.report.shrink_json import shrink_json
from orchestrator.workflow.boot import RUNS_MIB
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.clock import now
from orchestrator.workflow.ready import aloud
from orchestrator.workflow.rejudge import rejudge
from orchestrator.workflow.shrink import run_shrink
from orchestrator.workflow.shrink_asked import Asked, Limits
from orchestrator.workflow.shrink_of import Failed, boot_words, sources_of
from orchestrator.workflow.shrink_run import BootRunner, Sources

RESULT = "shrink.json"
TOPOLOGY = "shrunk.toml"
NO_CASES = "KUnit of this tree cannot be told to run one case of a module: suites stay whole"


class ShrinkJob(Struct, frozen=True):
    """What `orchestrate shrink` was asked. boot: how the run was booted, its machine aside.

    build: kernels of smaller configurations that are not in the store, too. run_dir: for all runs,
    a new one by default. fresh: forget an interrupted shrink.
    """

    failed: Failed
    boot: BootJob
    limits: Limits = field(default_factory=Limits)
    build: bool = False
    run_dir: Path | None = None
    fresh: bool = False


def shrink_run(job: ShrinkJob, progress: Progress) -> ShrinkResult:
    """run_shrink(), less what an interrupted one with the same inputs has run.

    Its directory keeps the result as shrink.json, and the machine as shrunk.toml. Raises
    UsageError if sources or patches of the run are gone, and InfrastructureError.
    """
    host.require(job.boot.config.arch)
    sandbox.found()
    aloud(progress)
    store = Store(cache_root())
    sweep(store, progress)
    sources = sources_of(job.failed, store, progress)
    key = _key(job, sources)
    with shrink_journal(key, store, fresh=job.fresh) as kept:
        if kept is None:
            raise UsageError("the same run is shrunk just now", "wait for it, or end it")
        earlier, folder = _goes_on(job, kept, progress)
        result = _shrunk(job, sources, store, kept, earlier, folder, progress)
        if not result.ended.goes_on:
            kept.close()
    return result


def _shrunk(
    job: ShrinkJob,
    sources: Sources,
    store: Store,
    kept: ShrinkJournal,
    earlier: Sequence[Trial],
    folder: Path,
    progress: Progress,
) -> ShrinkResult:
    failed = job.failed
    asked = Asked(
        of_run=str(failed.run_dir),
        target=failed.target,
        start=failed.start,
        started_at=now(),
        cases=_cases(job) if sources.takes_cases else (),
        suites=failed.suites,
        limits=job.limits,
    )
    runner = BootRunner(job.boot, sources, failed.target, store, folder, progress, build=job.build)
    notes = [] if sources.takes_cases else [NO_CASES]
    ready = runner.ready(failed.start.config)
    known = dict(failed.document.keys)
    for name, key in (("kernel", ready.kernel.key), ("module", ready.module.key)):
        if known.get(name) != key:
            notes.append(f"the {name} is not the run's: orchestrate why key:{key} says what is new")
    if failed.document.tree.endswith(", dirty)"):
        notes.append("the tree had uncommitted changes: the command takes it as it is now")
    for note in notes:
        progress(Note(note))
    result = run_shrink(asked, runner, kept, progress, earlier)
    return _written(job, result, folder, notes)


def _cases(job: ShrinkJob) -> Cases:
    """With those that the guest had no time to name."""
    failed = job.failed
    if failed.target.check == "ktap" and len(failed.cases) == 1:
        return failed.cases
    folders = (asset_dir("kmod"), *job.boot.kmods)
    listed = cases_in(failed.suites[0], *folders) if failed.suites else ()
    return unfinished_first(failed.cases, failed.suites, listed)


def _written(
    job: ShrinkJob, result: ShrinkResult, folder: Path, notes: Sequence[str]
) -> ShrinkResult:
    """With its files."""
    machine = replace(result.smallest.topology, description=result.machine)
    file = rundir.write(folder, TOPOLOGY, topology_file(machine))
    replay = Path(result.run_dir) / names.REPLAY if result.run_dir else None
    result = replace(
        result,
        shrink_dir=str(folder),
        topology_file=str(file),
        replay=str(replay) if replay and replay.is_file() else "",
        command=shlex.join(boot_words(job.failed, job.boot, result.smallest, file)),
        notes=(*notes, *result.notes),
    )
    rundir.write(folder, RESULT, shrink_json(result))
    return result


def _key(job: ShrinkJob, sources: Sources) -> str:
    """Over all that its runs depend on, and what is looked for."""
    failed = job.failed
    folders = (asset_dir("kmod"), *job.boot.kmods)
    files = [file for folder in folders for file in sorted(folder.glob("*")) if file.is_file()]
    # Paths and how it is to be shown are no part of it.
    asked = replace(job.boot, tree=None, kmods=(), jobs=0, run_dir=None, command=())
    return digest(
        "1",
        str(failed.run_dir),
        repr(failed.target),
        repr(failed.start),
        repr(job.limits.chance),
        repr(asked),
        sources.tree.key,
        *named_digests([*sources.patches, *files]),
        guest.image(),
        accelerator.qemu_stamp(named(job.boot.config.arch)),
    )


def _goes_on(job: ShrinkJob, kept: ShrinkJournal, progress: Progress) -> tuple[list[Trial], Path]:
    """(what is known from before, the directory); nothing and a new one for a new shrink."""
    old = kept.folder
    asked = job.run_dir.resolve() if job.run_dir else None
    if old and old.is_dir() and asked in (None, old):
        earlier = list(_still_true(job.failed.target, kept.events))
        progress(Note(f"going on with an interrupted shrink: {len(earlier)} runs, in {old}"))
        return earlier, old
    folder = rundir.create(job.run_dir, prefix="shrink-")
    rundir.need_room(folder, RUNS_MIB, "a shrink")
    kept.start(folder)
    return [], folder


def _still_true(target: Target, events: Sequence[Trial]) -> Iterator[Trial]:
    """Runs are judged anew; of one that said nothing, more may be learnt by another."""
    for event in events:
        if not event.run_dir:
            continue
        try:
            result, _ = rejudge(Path(event.run_dir))
        except UsageError:
            continue
        word, said = outcome(target, result)
        if word is not Outcome.UNKNOWN:
            yield replace(event, outcome=word, said=said)
