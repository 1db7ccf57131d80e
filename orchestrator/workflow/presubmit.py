# SPDX-License-Identifier: GPL-2.0-only
"""Commits before they are sent, each checked and the last one in full."""

from __future__ import annotations

import time
from pathlib import Path

from orchestrator.edge import host, rundir, sandbox
from orchestrator.edge.presubmit_memory import memory
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import sweep
from orchestrator.model.errors import UsageError
from orchestrator.model.presubmit import Presubmit
from orchestrator.model.progress import Note, Progress
from orchestrator.report.presubmit_json import presubmit_json
from orchestrator.workflow.boot import RUNS_MIB
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.presubmit_course import Course
from orchestrator.workflow.presubmit_job import PresubmitJob
from orchestrator.workflow.presubmit_range import find_range
from orchestrator.workflow.ready import aloud

RESULT = "presubmit.json"


def run_presubmit(job: PresubmitJob, progress: Progress) -> Presubmit:
    """Check it all; files stay in the result's run_dir, presubmit.json among them.

    Raises UsageError if it is wrongly asked, InfrastructureError, and passes Ctrl-C on, after what
    is known was written down.
    """
    began_s = time.monotonic()
    assert job.boot.tree
    host.require()
    sandbox.found()
    clock = Clock(progress)
    aloud(clock)
    store = Store(cache_root())
    sweep(store, clock)
    found = find_range(job.boot.tree, job.range, clock, with_changes=job.with_changes)
    folder = rundir.create(job.run_dir, prefix="presubmit-")
    rundir.need_room(folder, RUNS_MIB, "a presubmit")
    with memory(found.repository, store, fresh=job.fresh) as kept:
        course = Course(job, found, folder, store, kept, clock, began_s)
        try:
            course.run()
        except UsageError:
            rundir.discard(folder)
            raise
        except BaseException as error:
            # Told last, since what is still running may take a moment to end.
            clock(Note(f"what is known so far: {folder / RESULT}"))
            _save(course.result(interrupted=isinstance(error, KeyboardInterrupt)))
            raise
    return _save(course.result())


def _save(result: Presubmit) -> Presubmit:
    rundir.write(Path(result.run_dir), RESULT, presubmit_json(result))
    return result
