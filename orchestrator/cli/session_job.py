# SPDX-License-Identifier: GPL-2.0-only
"""From options to the job of a session, and its course on our terminal or streams."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.cli import show_session
from orchestrator.cli.options import boot_job
from orchestrator.model.arch import DEFAULT
from orchestrator.model.errors import UsageError
from orchestrator.model.job import RunResult
from orchestrator.model.session import BUSYBOX, DEBIAN, Session, Step, Talk

if TYPE_CHECKING:
    from orchestrator.edge.session.script import ScriptTalk
    from orchestrator.workflow.boot_job import BootJob

FRAGMENTS = ("net", "rootfs")  # what a kernel needs for a Debian root file system
FOR_SELFTESTS = "kselftest"  # and what programs of kselftest take for granted


class Guest(Struct, frozen=True):
    """What the options of a guest say."""

    rootfs: str = BUSYBOX
    include: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    ssh: bool = False


def session_job(session: Session, guest: Guest, **asked: Any) -> BootJob:
    """boot_job() with a session. Raises UsageError before anything is built."""
    from orchestrator.edge.added import added
    from orchestrator.edge.rootfs import packages

    if guest.ssh:
        guest = replace(guest, rootfs=DEBIAN)
    include = packages(guest.include)
    if guest.rootfs != DEBIAN and include:
        raise UsageError("--include goes with --rootfs debian", "busybox has no packages")
    if guest.rootfs == DEBIAN and asked.get("arch", DEFAULT) != DEFAULT:
        hint = "busybox, the default, is there for every architecture"
        raise UsageError(f"--rootfs debian and --ssh are for {DEFAULT} guests alone", hint)
    if guest.rootfs == DEBIAN:
        more = (FOR_SELFTESTS,) if session.talk is Talk.SELFTESTS else ()
        asked["config"] = with_fragments(asked["config"], more)
    job = boot_job(**asked)
    below = "job/add" if guest.rootfs == DEBIAN else ""
    return replace(
        job,
        session=replace(session, rootfs=guest.rootfs, ssh=guest.ssh),
        rootfs_include=include,
        added=added(guest.adds, below, job.topology.mem_mib),
        autopsy=session.talk is not Talk.TERMINAL,
        term=os.environ.get("TERM", "") if session.talk is Talk.TERMINAL else "",
    )


def job_of(argv: tuple[str, ...], guest: Guest, selftests: bool = False, **asked: Any) -> BootJob:
    """Of `orchestrate boot`: suites, with argv a command instead, or selftests. Raises
    UsageError."""
    for name in ("suites", "case"):
        if argv and asked.get(name):
            option = f"--{name.removesuffix('s')}"
            raise UsageError(f"{option} and a COMMAND exclude each other", "give one of them")
    if argv:
        return session_job(Session(Talk.STREAM, argv), guest, **asked)
    if selftests:
        return session_job(Session(Talk.SELFTESTS), replace(guest, rootfs=DEBIAN), **asked)
    if guest != Guest():
        hint = "give one: -- COMMAND, or ask for a shell: orchestrate shell"
        raise UsageError("--rootfs, --include, --add and --ssh go with a COMMAND", hint)
    return boot_job(**asked)


def with_fragments(config: str, more: tuple[str, ...] = ()) -> str:
    """config, with those of FRAGMENTS and more that it does not name."""
    from orchestrator.config.fragments import with_named

    return with_named(config, (*FRAGMENTS, *more))


def talk(
    job: BootJob, run_dir: Path | None, keep: bool = False, steps: tuple[Step, ...] = ()
) -> tuple[RunResult, int]:
    """(the run, exit code). keep: also a run that went well keeps its directory. steps: of a
    script, instead of a person at the terminal."""
    from orchestrator.edge.session.console import LEAVE_NAME, ConsoleTalk
    from orchestrator.edge.session.stream import StreamTalk
    from orchestrator.edge.session.terminal import outliving_it, told_of_resizing
    from orchestrator.workflow.shell import run_shell

    assert job.session
    with show_session.brief() as shown, told_of_resizing() as resized, outliving_it():

        def began() -> None:
            shown.quiet()
            if job.session and job.session.ssh:
                show_session.say("from another terminal: orchestrate ssh latest")
            show_session.say(
                f"the guest's console: {LEAVE_NAME} leaves at once; exit or poweroff ends the guest"
            )

        talker: ConsoleTalk | StreamTalk | ScriptTalk
        if steps:
            from orchestrator.edge.session.script import ScriptTalk

            talker = ScriptTalk(steps, 1, shown.quiet)
        elif job.session.talk is Talk.TERMINAL:
            talker = ConsoleTalk(0, 1, resized, began)
        else:
            # sys.stdin is None if we were started without one: 0 may be anything then.
            talker = StreamTalk(-1 if sys.stdin is None else 0, 1, 2, shown.quiet)
        job = replace(job, stop=talker.stop, run_dir=run_dir)
        result, code = run_shell(job, talker, shown, keep)
    if talker.failed:
        show_session.say(talker.failed)
    show_session.ending(result, talker.left, code)
    return result, code
