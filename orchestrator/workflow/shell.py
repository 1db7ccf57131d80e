# SPDX-License-Identifier: GPL-2.0-only
"""A run somebody talks with, and what is left of it."""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.edge.session.ends import Sockets
from orchestrator.model.job import RunResult
from orchestrator.model.progress import Progress
from orchestrator.model.session import Talk
from orchestrator.workflow.boot import run_boot
from orchestrator.workflow.boot_job import BootJob

PREFIX = "shell-"
BROKEN_PIPE = 141  # as a shell tells of a program that SIGPIPE ended


class Talker(Protocol):
    """What talks with the guest (edge/session). left: it, or the user, ended the machine."""

    left: bool
    failed: str  # what it saw go wrong

    def __call__(self, sockets: Sockets) -> None: ...


def run_shell(
    job: BootJob, talker: Talker, progress: Progress, keep: bool = False
) -> tuple[RunResult, int]:
    """(the run, exit code). Its directory is kept if the job names one, or if there is something
    to be seen in it; always with keep. Raises as run_boot()."""
    session = job.session
    assert session
    keep = keep or job.run_dir is not None
    run_dir = job.run_dir if keep else rundir.create(None, PREFIX)
    try:
        result = run_boot(replace(job, run_dir=run_dir, talker=talker), progress)
    except KeyboardInterrupt:
        if run_dir and not keep:
            rundir.discard(run_dir)
        raise
    if not keep and not talker.failed and not result.troubles(talker.left):
        rundir.discard(result.run_dir)
    code = exit_code(result, session.talk, talker.left)
    return result, code or (1 if talker.failed else 0)


def exit_code(result: RunResult, talk: Talk, left: bool) -> int:
    """Of a machine that the user left there is no verdict: 0, unless something was seen."""
    if not left:
        return result.exit_code
    if result.troubles(left):
        return 1
    return 0 if talk is Talk.TERMINAL else BROKEN_PIPE
