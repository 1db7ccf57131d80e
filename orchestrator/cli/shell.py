# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate shell"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.dashed import Dashed, after_dashes
from orchestrator.cli.options import FOLDER, SOURCES, boot_job, kernel_options, session_options

if TYPE_CHECKING:
    from orchestrator.model.session import Session
    from orchestrator.workflow.ready import BootJob

EPILOG = (
    """\b
Examples:
  orchestrate shell --config numa
  orchestrate shell --config numa --patch fix.patch --topology memoryless
  orchestrate shell --config numa -- uname -r
  orchestrate shell --config numa -- 'insmod /job/orch_create_test.ko; dmesg'
  orchestrate shell --config numa < commands.txt
  tar c tests | orchestrate shell --config numa -- 'tar x && tests/run'
\b
In the guest: / is busybox, /job has the suites as modules (insmod runs one).
Ctrl-] leaves at once; exit, or poweroff, ends the guest. One word after -- is
a line for the guest's shell, several are a program and its arguments.
\b
Exit codes: that of the command, if the guest told it, powered off cleanly and
its kernel reported nothing; else that of the verdict, as with boot, and a line
on standard error says so: 1 the kernel (or it never told), 2 wrong usage,
3 infrastructure, 130 interrupted. Leaving by key is 0.
\b
"""
    + SOURCES
)


@click.command("shell", cls=Dashed, epilog=EPILOG)
@kernel_options
@click.option("--patch", "patches", multiple=True, metavar="SPEC",
              help="Apply this first, as with boot; may be repeated.")  # fmt: skip
@session_options
@click.option("--cold", is_flag=True,
              help="Boot from the start, not from the kept state of a booted machine.")  # fmt: skip
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Keep the run here; else only one that went wrong is kept.")  # fmt: skip
def command(patches: tuple[str, ...], cold: bool, run_dir: Path | None, **asked: Any) -> int:
    """Boot a kernel and give you its guest: a shell on the console, or one command.

    On a terminal you get the serial console. Otherwise, or with a command after --,
    standard input, output and error are the guest's.
    """
    from orchestrator.config.patch_spec import parse_patch_spec
    from orchestrator.model.session import Session, Talk

    argv = after_dashes()
    specs = tuple(parse_patch_spec(text) for text in patches)
    talk = Talk.TERMINAL if not argv and os.isatty(0) else Talk.STREAM
    session = Session(talk, argv)
    job = replace(
        boot_job(**asked),
        patches=specs,
        cold=cold,
        run_dir=run_dir,
        session=session,
        autopsy=talk is Talk.STREAM,
        term=os.environ.get("TERM", "") if talk is Talk.TERMINAL else "",
    )
    return _talk(job, session)


def _talk(job: BootJob, session: Session) -> int:
    from orchestrator.cli import show_session
    from orchestrator.edge.session.console import LEAVE_NAME, ConsoleTalk
    from orchestrator.edge.session.stream import StreamTalk
    from orchestrator.edge.session.terminal import told_of_resizing
    from orchestrator.model.session import Talk
    from orchestrator.workflow.shell import run_shell

    with show_session.brief() as shown, told_of_resizing() as resized:

        def began() -> None:
            shown.quiet()
            show_session.say(
                f"the guest's console: {LEAVE_NAME} leaves at once; exit or poweroff ends the guest"
            )

        talker: ConsoleTalk | StreamTalk
        if session.talk is Talk.TERMINAL:
            talker = ConsoleTalk(0, 1, resized, began)
        else:
            talker = StreamTalk(0, 1, 2, shown.quiet)
        result, code = run_shell(replace(job, stop=talker.stop), talker, shown)
    show_session.ending(result, talker.left, code)
    return code
