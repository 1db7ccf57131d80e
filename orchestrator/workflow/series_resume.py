# SPDX-License-Identifier: GPL-2.0-only
"""A series that goes on where an interrupted one stopped, if nothing has changed since."""

from __future__ import annotations

import datetime
from pathlib import Path

from msgspec.structs import replace

from orchestrator.config.assets import asset_dir
from orchestrator.edge import accelerator, guest, rundir
from orchestrator.edge.fingerprint import digest, named_digests
from orchestrator.edge.journal import Journal, journal
from orchestrator.edge.kernel_request import family
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.arch import named
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.job import RunResult, Tree
from orchestrator.model.patch import PatchSeries
from orchestrator.model.progress import Progress, short_time
from orchestrator.model.series import SeriesResult
from orchestrator.model.verdict import Verdict
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.ready import get_tree
from orchestrator.workflow.rejudge import rejudge
from orchestrator.workflow.series import Earlier, run_series

_NO_RESULT = (Verdict.INFRASTRUCTURE, Verdict.INCOMPLETE)  # of such a run more may be learnt


def resume_series(
    job: BootJob, series: PatchSeries, progress: Progress, *, fresh: bool
) -> SeriesResult:
    """run_series(), less what an interrupted one with the same inputs has finished.

    fresh: run all of it. Raises as run_series().
    """
    store = Store(cache_root())
    try:
        key = series_key(job, series, get_tree(job, store, progress))
    except InfrastructureError:
        return run_series(job, series, progress)  # which tells of it as its verdict
    with journal(key, store, fresh=fresh) as kept:
        if kept is None:
            return run_series(job, series, progress)
        _make_room(job, kept)
        result = run_series(job, series, progress, earlier=_Kept(kept))
        kept.close()
    return result


def series_key(job: BootJob, series: PatchSeries, tree: Tree) -> str:
    """Over all that its runs depend on: sources, patches, configuration, tools, guest, suites."""
    folders = (asset_dir("kmod"), *job.kmods)
    files = [file for folder in folders for file in sorted(folder.glob("*")) if file.is_file()]
    # Paths and how it is to be shown are no part of it; the tree is in its key.
    asked = replace(job, tree=None, kmods=(), jobs=0, run_dir=None, command=())
    return digest(
        "1",
        tree.key,
        family(job.config),
        repr(asked),
        repr(series.patches),
        *named_digests(files),
        guest.image(),
        accelerator.qemu_stamp(named(job.config.arch)),
    )


class _Kept(Earlier):
    """Steps by their run directories, judged anew: what is not whole there is no result."""

    def __init__(self, kept: Journal) -> None:
        self._journal = kept
        self._old = dict(kept.done)

    def result(self, number: int) -> tuple[RunResult, str] | None:
        """Once one is missing, none behind it counts."""
        run_dir = self._old.pop(number, None)
        found = finished_run(run_dir) if run_dir else None
        if found is None:
            self._old.clear()
        return found

    def begin(self, number: int, run_dir: Path | None) -> None:
        self._journal.begin(number, run_dir)

    def end(self, number: int, run_dir: Path) -> None:
        self._journal.end(number, run_dir)


def finished_run(run_dir: Path) -> tuple[RunResult, str] | None:
    """The run judged anew, and when it was; None if it is not whole, or says nothing now."""
    try:
        result, before = rejudge(run_dir)
        began = datetime.datetime.fromisoformat(before.started_at).timestamp()
    except (UsageError, ValueError):
        return None
    if result.verdict in _NO_RESULT or result.verdict is not before.verdict:
        return None
    return result, short_time(began)


def _make_room(job: BootJob, kept: Journal) -> None:
    """Remove what the interrupted step left where this one's is to go."""
    for number in kept.begun.keys() - kept.done.keys():
        if job.run_dir and kept.begun[number] == job.run_dir / f"{number:04}":
            rundir.discard(kept.begun[number])
