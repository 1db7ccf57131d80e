# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate shell"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from orchestrator.cli.dashed import Dashed, after_dashes
from orchestrator.cli.options import FOLDER, ROOTFS, SOURCES, kernel_options, session_options

if TYPE_CHECKING:
    from orchestrator.model.session import Step

EPILOG = (
    """\b
Examples:
  orchestrate shell --config numa
  orchestrate shell --config numa --patch fix.patch --topology memoryless
  orchestrate shell --config numa -- uname -r
  orchestrate shell --config numa -- 'insmod /job/orch_create_test.ko; dmesg'
  orchestrate shell --config numa < commands.txt
  orchestrate shell --config numa --rootfs debian --include strace --add ~/t/run
\b
In the guest: / is busybox, /job has the suites as modules (insmod runs one).
Ctrl-] leaves at once; exit, or poweroff, ends the guest.
\b
A --script has a line for each thing to do: prompt (wait for it), send TEXT, key
ctrl-c, expect REGEX, pause SECONDS, timeout SECONDS (of each wait from here on),
# comment. Its end ends the guest. Exit code 1: something expected did not come.
\b
Exit codes: that of the command, if the guest told it, powered off cleanly and
its kernel reported nothing; else that of the verdict, as with boot, and a line
on standard error says so: 1 the kernel (or it never told), 2 wrong usage,
3 infrastructure, 130 interrupted. Leaving by key is 0.
\b
"""
    + ROOTFS
    + SOURCES
)


@click.command("shell", cls=Dashed, epilog=EPILOG)
@kernel_options
@click.option("--patch", "patches", multiple=True, metavar="SPEC",
              help="Apply this first, as with boot; may be repeated.")  # fmt: skip
@session_options
@click.option("--cold", is_flag=True,
              help="Boot from the start, not from the kept state of a booted machine.")  # fmt: skip
@click.option("--script", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Have this conversation on the console instead; see below.")  # fmt: skip
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Keep the run here; else only one that went wrong is kept.")  # fmt: skip
def command(
    patches: tuple[str, ...],
    cold: bool,
    run_dir: Path | None,
    rootfs: str,
    include: tuple[str, ...],
    adds: tuple[str, ...],
    ssh: bool,
    script: Path | None,
    **asked: Any,
) -> int:
    """Boot a kernel and give you its guest: a shell on the console, or one command.

    On a terminal you get the serial console. Otherwise, or with a command after --,
    standard input, output and error are the guest's.
    """
    from orchestrator.cli.session_job import Guest, session_job, talk
    from orchestrator.config.patch_spec import parse_patch_spec
    from orchestrator.model.errors import UsageError
    from orchestrator.model.session import Session, Talk

    argv = after_dashes()
    specs = tuple(parse_patch_spec(text) for text in patches)
    steps = _steps(script, argv) if script else ()
    if "-" in patches and not argv and not steps:
        raise UsageError("standard input is the patch", "give a COMMAND, or the patch as a file")
    alone = not argv and (steps or os.isatty(0))
    session = Session(Talk.TERMINAL if alone else Talk.STREAM, argv)
    job = session_job(session, Guest(rootfs, include, adds, ssh), **asked)
    _, code = talk(replace(job, patches=specs, cold=cold), run_dir, steps=steps)
    return code


def _steps(script: Path, argv: tuple[str, ...]) -> tuple[Step, ...]:
    from orchestrator.config.dialogue import read_dialogue
    from orchestrator.model.errors import UsageError

    if argv:
        raise UsageError("--script and a COMMAND exclude each other", "give one of them")
    try:
        return read_dialogue(script.read_text(), str(script))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {script}: {error}") from error
