# SPDX-License-Identifier: GPL-2.0-only
"""A night: the matrix's cells in the order of what they tell, on this machine, gone on with if it
was interrupted, with memory of the nights before."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.edge import host, rundir, sandbox
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.night_files import Begun, NightJournal, night_journal
from orchestrator.edge.store import Store, cache_root, need_space
from orchestrator.edge.sweep import sweep
from orchestrator.model.night_run import KernelName, NightEvent, NightResult, Planned
from orchestrator.model.progress import Note
from orchestrator.plan.night import work
from orchestrator.plan.night_schedule import Forecast, Limits, forecast
from orchestrator.workflow.clock import Clock, now
from orchestrator.workflow.night_course import Course
from orchestrator.workflow.night_crew import Crew, Hands
from orchestrator.workflow.night_hands import NightHands
from orchestrator.workflow.night_inputs import read_inputs
from orchestrator.workflow.night_memory import Kept, Memory, Named, Nothing
from orchestrator.workflow.night_prepare import NightJob, Prepared, prepared
from orchestrator.workflow.ready import aloud

NIGHT_MIB = 600  # room for the first run directories


class Outlook(Struct, frozen=True):
    """What a night would be: cells in order, and when each would run."""

    planned: tuple[Planned, ...]
    forecast: Forecast
    limits: Limits
    kernels: tuple[KernelName, ...]
    built: frozenset[KernelName]


def plan_night(
    job: NightJob, progress: Callable[[NightEvent], None], memory: Memory | None = None
) -> Outlook:
    """What run_night() would do. Sources are fetched and patches read; nothing is built, booted or
    written down. Raises UsageError, InfrastructureError."""
    host.require()
    store = Store(cache_root())
    inputs = read_inputs(job.matrix, store, progress, job.command)
    found = prepared(job, inputs, memory or Nothing(), store)
    return Outlook(
        planned=found.planned(),
        forecast=forecast(found.order, found.limits, found.times),
        limits=found.limits,
        kernels=work(found.order).kernels,
        built=found.built,
    )


class Machines(Struct, frozen=True):
    """Where a night runs, and how much at a time."""

    hands: Hands
    limits: Limits
    crew: type[Crew] = Crew


# (what was asked, what came of it, store, folder of the night, progress) → machines, until left
Place = Callable[[NightJob, Prepared, Store, Path, Clock], AbstractContextManager[Machines]]


@contextmanager
def here(
    _job: NightJob, found: Prepared, store: Store, folder: Path, clock: Clock
) -> Iterator[Machines]:
    """This machine."""
    limits = found.limits
    yield Machines(NightHands(found.inputs, store, folder, limits.slots, clock), limits)


def run_night(
    job: NightJob,
    progress: Callable[[NightEvent], None],
    memory: Named | None = None,
    place: Place = here,
) -> NightResult:
    """Run it, and leave night.json in its folder, however it ends. memory: of the nights before;
    None: there is none. place: where it runs.

    Raises UsageError (nothing was run, and no folder is left) and InfrastructureError if there
    could be no night at all. Ctrl-C passes on: the same matrix goes on then where it stopped.
    """
    began_s = time.monotonic()
    host.require()
    sandbox.found()
    store = Store(cache_root())
    clock = Clock(progress)
    aloud(clock)
    sweep(store, clock)
    inputs = read_inputs(job.matrix, store, clock, job.command)
    key = digest(str(job.matrix.file))
    with night_journal(key, store, fresh=job.fresh) as journal:
        if journal is None:
            clock(Note("this matrix is run elsewhere too just now: if interrupted, begin anew"))
        begun = _begun(job, journal)
        folder = Path(begun.folder)
        try:
            need_space(folder, NIGHT_MIB, "a night")
            found = prepared(job, inputs, memory or Nothing(), store)
        except BaseException:
            if not any(folder.iterdir()):  # it may be of a night that goes on
                rundir.discard(folder)
            raise
        if journal:
            journal.begin(begun)
        kept = Kept(memory or Nothing(), folder, lambda text: clock(Note(text)))
        with place(job, found, store, folder, clock) as on:
            found = replace(found, limits=on.limits)
            about = (job, found, kept, journal, begun, clock, on.hands, progress, began_s)
            result = Course(*about, crew=on.crew).run()
        if journal:
            journal.close()
    return result


def _begun(job: NightJob, journal: NightJournal | None) -> Begun:
    """The night that goes on, in its folder if that may be, or a new one."""
    before = journal.begun if journal else None
    asked = str(job.run_dir.resolve()) if job.run_dir else ""
    if before and asked in ("", before.folder) and Path(before.folder).is_dir():
        return before
    folder = str(rundir.create(job.run_dir, "night-"))
    if before:
        return replace(before, folder=folder)
    return Begun(str(uuid.uuid4()), now(), folder)
