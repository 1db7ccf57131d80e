# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over commits that goes on where an interrupted one stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.config.assets import asset_dir
from orchestrator.edge import accelerator, guest, host, rundir, sandbox
from orchestrator.edge.bisect_journal import BisectJournal, bisect_journal
from orchestrator.edge.commit_history import commits_between
from orchestrator.edge.commit_trees import commit_tree
from orchestrator.edge.fingerprint import digest, file_digest
from orchestrator.edge.kernel_request import family
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import sweep
from orchestrator.judge.bisect.belief import EXACT, TIMED
from orchestrator.judge.bisect.search import Settings
from orchestrator.model.bisect import BisectResult, Built, Check, Outcome, Step, Trial
from orchestrator.model.errors import UsageError
from orchestrator.model.progress import Note, Progress
from orchestrator.report.bisect_json import bisect_json
from orchestrator.workflow.bisect import Asked, run_bisect
from orchestrator.workflow.bisect_probe import BootProbe, Make, trial
from orchestrator.workflow.clock import now
from orchestrator.workflow.ready import BootJob, Ready, aloud, make_ready
from orchestrator.workflow.rejudge import rejudge

RUN_MIB = 600  # room for the run directories, to begin with
RESULT = "bisect.json"
TIMED_RUNS = 5  # of the bad end, at least, where the failure is a time


@dataclass(frozen=True)
class BisectJob:
    """What `orchestrate bisect` was asked. boot: what all runs share; its tree is the repository.

    run_dir: for all runs, a new one by default. fresh: forget an interrupted bisect.
    """

    boot: BootJob
    good: str
    bad: str
    check: Check
    settings: Settings = field(default_factory=Settings)
    run_dir: Path | None = None
    fresh: bool = False


def bisect_commits(job: BisectJob, progress: Progress) -> BisectResult:
    """Which commit it was. Raises UsageError if it is wrongly asked, InfrastructureError."""
    assert job.boot.tree
    repository = job.boot.tree.resolve()
    steps = commits_between(repository, job.good, job.bad)
    store = Store(cache_root())
    boot = replace(job.boot, tree=None)

    def make(node: int, folder: Path) -> Ready:
        tree = commit_tree(repository, steps, node, store, progress)
        return make_ready(boot, tree, (), store, folder, progress)

    return bisect_steps(job, steps, make, str(repository), store, progress)


def bisect_steps(
    job: BisectJob,
    steps: tuple[Step, ...],
    make: Make,
    tree: str,
    store: Store,
    progress: Progress,
) -> BisectResult:
    """run_bisect(), less what an interrupted one with the same inputs has finished.

    Its directory keeps the result as bisect.json.
    """
    host.require()
    sandbox.found()
    aloud(progress)
    sweep(store, progress)
    settings = replace(job.settings, rates=EXACT)
    if job.check.timed:
        settings = replace(job.settings, rates=TIMED, first_runs=TIMED_RUNS)
    key = _key(job, steps, settings)
    with bisect_journal(key, store, fresh=job.fresh) as kept:
        if kept is None:
            raise UsageError("the same bisect runs just now", "wait for it, or end it")
        earlier, folder = _goes_on(job, kept, progress)
        asked = Asked(
            steps=steps,
            check=job.check,
            tree=tree,
            run_dir=folder,
            started_at=now(),
            command=job.boot.command,
            settings=settings,
        )
        probe = BootProbe(job.boot, job.check, steps, make, folder, progress)
        result = run_bisect(asked, probe, kept, progress, earlier)
        rundir.write(folder, RESULT, bisect_json(result))
        kept.close()
    return result


def _key(job: BisectJob, steps: Sequence[Step], settings: Settings) -> str:
    """Over all that its runs depend on: commits, check, configuration, tools, guest, suites."""
    folders = (asset_dir("kmod"), *job.boot.kmods)
    files = [file for folder in folders for file in sorted(folder.glob("*")) if file.is_file()]
    # Paths and how it is to be shown are no part of it.
    asked = replace(job.boot, tree=None, kmods=(), jobs=0, run_dir=None, command=())
    return digest(
        "1",
        repr(tuple(steps)),
        repr(job.check),
        repr(settings),
        family(job.boot.config),
        repr(asked),
        *(f"{file.name}:{file_digest(file)}" for file in files),
        guest.image(),
        accelerator.qemu_stamp(),
    )


def _goes_on(
    job: BisectJob, kept: BisectJournal, progress: Progress
) -> tuple[list[Built | Trial], Path]:
    """(what is known from before, the directory); nothing and a new one for a new bisect."""
    old = kept.folder
    asked = job.run_dir.resolve() if job.run_dir else None
    if old and old.is_dir() and asked in (None, old):
        earlier = list(_still_true(job.check, kept.events))
        runs = sum(isinstance(event, Trial) for event in earlier)
        progress(Note(f"going on with an interrupted bisect: {runs} runs are known, in {old}"))
        return earlier, old
    folder = rundir.create(job.run_dir, prefix="bisect-")
    rundir.need_room(folder, RUN_MIB, "a bisect")
    kept.start(folder)
    return [], folder


def _still_true(check: Check, events: Sequence[Built | Trial]) -> Iterator[Built | Trial]:
    """Runs are judged anew; of one that said nothing, more may be learnt by another."""
    for event in events:
        if isinstance(event, Built):
            yield event
            continue
        try:
            result, _ = rejudge(Path(event.run_dir))
        except UsageError:
            continue
        again = trial(check, event.node, result, event.took_s)
        if again.outcome is not Outcome.UNKNOWN:
            yield again
