# SPDX-License-Identifier: GPL-2.0-only
"""What is not committed, checked again after each save."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import work_tree
from orchestrator.edge.watch import changes
from orchestrator.model.errors import UsageError
from orchestrator.model.presubmit import Presubmit
from orchestrator.workflow.presubmit_job import PresubmitJob

COMMITTED = "HEAD..HEAD"  # no commit: what is not committed is all


def watched(
    job: PresubmitJob,
    run: Callable[[PresubmitJob], Presubmit],
    say: Callable[[str], None],
) -> Iterator[Presubmit]:
    """A result at once, if something is not committed, and one after each save of a file that git
    knows; what is saved while one is made is part of the next. Endless; Ctrl-C raises
    KeyboardInterrupt. Raises UsageError, InfrastructureError.

    run: run_presubmit() with the caller's progress.
    """
    assert job.boot.tree
    top = work_tree.top_of(job.boot.tree.resolve())
    if top is None:
        raise UsageError(f"{job.boot.tree} has no work tree", "--watch looks at one")
    if job.range:
        raise UsageError(
            f"--watch checks what is not committed, and no {job.range}", "leave one of them out"
        )
    # A job names the run directory of one result, not of many.
    job = replace(job, range=COMMITTED, quick=True, run_dir=None, with_changes=True)
    saves = changes(top, _tracked(top), say)
    while True:
        try:
            yield run(job)
        except UsageError as error:
            if not error.message.startswith("nothing to check"):
                raise
            say("nothing is uncommitted")
        say("waiting for the next save; Ctrl-C ends")
        files = sorted(map(str, next(saves)))
        more = f" and {len(files) - 3} more" if len(files) > 3 else ""
        say(f"saved: {', '.join(files[:3])}{more}")


def _tracked(top: Path) -> Callable[[Path], bool]:
    """Whether git knows a file: so build products and notes start nothing."""
    known = work_tree.tracked(top)

    def wanted(path: Path) -> bool:
        return str(path) in known

    return wanted
