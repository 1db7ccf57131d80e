# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over steps that goes on where an interrupted one stopped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from orchestrator.config.assets import asset_dir
from orchestrator.edge import accelerator, guest, host, rundir, sandbox
from orchestrator.edge.bisect_journal import BisectJournal, bisect_journal
from orchestrator.edge.fingerprint import digest, file_digest
from orchestrator.edge.kernel_request import family
from orchestrator.edge.store import Store
from orchestrator.edge.sweep import sweep
from orchestrator.judge.bisect.belief import EXACT, TIMED
from orchestrator.judge.bisect.search import Settings
from orchestrator.model.bisect import BisectResult, Built, Check, Outcome, Step, Trial
from orchestrator.model.errors import UsageError
from orchestrator.model.progress import Note, Progress
from orchestrator.report.bisect_json import bisect_json
from orchestrator.workflow.bisect import Asked, run_bisect, short
from orchestrator.workflow.bisect_probe import BootProbe, Make, trial
from orchestrator.workflow.boot import RUNS_MIB
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.clock import now
from orchestrator.workflow.ready import aloud
from orchestrator.workflow.rejudge import rejudge

RESULT = "bisect.json"
_ODD = re.compile(r"[^0-9A-Za-z._]+")
TIMED_RUNS = 5  # of the bad end, at least, where the failure is a time


class BisectJob(Struct, frozen=True):
    """What `orchestrate bisect` was asked. boot: what all runs share; its tree is the repository.

    good, bad: of commits. run_dir: for all runs, a new one by default. fresh: forget an
    interrupted bisect.
    """

    boot: BootJob
    check: Check
    settings: Settings = field(default_factory=Settings)
    run_dir: Path | None = None
    fresh: bool = False
    good: str = ""
    bad: str = ""


def bisect_steps(
    job: BisectJob,
    steps: tuple[Step, ...],
    make: Make,
    tree: str,
    store: Store,
    progress: Progress,
    inputs: Sequence[str] = (),
    notes: tuple[str, ...] = (),
) -> BisectResult:
    """run_bisect(), less what an interrupted one with the same inputs has finished.

    Its directory keeps the result as bisect.json. inputs: what the steps are made of, beside
    their names. notes: for the result.
    """
    begin(store, progress)
    settings = settings_for(job)
    key = journal_key(job, settings, repr(tuple(steps)), *inputs)
    with bisect_journal(key, store, fresh=job.fresh) as kept:
        if kept is None:
            raise UsageError("the same bisect runs just now", "wait for it, or end it")
        earlier, folder = goes_on(job, kept, progress)
        asked = Asked(
            steps=steps,
            check=job.check,
            tree=tree,
            run_dir=folder,
            started_at=now(),
            command=job.boot.command,
            settings=settings,
            notes=notes,
        )
        probe = BootProbe(job.boot, job.check, names_of(steps), make, folder, progress)
        result = run_bisect(asked, probe, kept, progress, earlier)
        rundir.write(folder, RESULT, bisect_json(result))
        kept.close()
    return result


def begin(store: Store, progress: Progress) -> None:
    """What is looked after before the first build. Raises InfrastructureError."""
    host.require()
    sandbox.found()
    aloud(progress)
    sweep(store, progress)


def settings_for(job: BisectJob) -> Settings:
    """The job's, and what its check asks of the maths."""
    if job.check.timed:
        return replace(job.settings, rates=TIMED, first_runs=TIMED_RUNS)
    return replace(job.settings, rates=EXACT)


def names_of(steps: Sequence[Step]) -> Callable[[int], str]:
    """What each step's directory is called: "0003-41044bfb8c47", "0003-patch-3"."""
    return lambda node: f"{node:04}-{_ODD.sub('-', short(steps[node]))}"


def journal_key(job: BisectJob, settings: Settings, *inputs: str) -> str:
    """Over all that its runs depend on: inputs, check, configuration, tools, guest, suites."""
    folders = (asset_dir("kmod"), *job.boot.kmods)
    files = [file for folder in folders for file in sorted(folder.glob("*")) if file.is_file()]
    # Paths and how it is to be shown are no part of it.
    asked = replace(job.boot, tree=None, kmods=(), jobs=0, run_dir=None, command=())
    return digest(
        "1",
        *inputs,
        repr(job.check),
        repr(settings),
        family(job.boot.config),
        repr(asked),
        *(f"{file.name}:{file_digest(file)}" for file in files),
        guest.image(),
        accelerator.qemu_stamp(),
    )


def goes_on(
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
    rundir.need_room(folder, RUNS_MIB, "a bisect")
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
