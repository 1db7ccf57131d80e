# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate ssh"""

from __future__ import annotations

import os

import click

EPILOG = """\b
Examples:
  orchestrate shell --config numa --ssh           # in one terminal
  orchestrate ssh latest                          # in another
  orchestrate ssh latest dmesg | grep -i numa
  orchestrate ssh -t latest top
  orchestrate ssh latest 'cd /sys/devices/system/node; grep . */cpulist'
\b
One word is a line for the guest's shell, several are a program and its
arguments. Ctrl-] leaves a shell at once, exit ends it.
Exit codes: that of the command or shell; 2 the guest does not run, or has no
sshd; 3 it does not answer, or not with the host key of its run."""


@click.command("ssh", epilog=EPILOG,
               context_settings={"allow_interspersed_args": False})  # fmt: skip
@click.option("-t", "terminal", is_flag=True,
              help="Give COMMAND a terminal: for top, an editor, a debugger.")  # fmt: skip
@click.argument("run", metavar="RUN")
@click.argument("argv", metavar="[COMMAND [ARGS]...]", nargs=-1, type=click.UNPROCESSED)
def command(run: str, argv: tuple[str, ...], terminal: bool) -> int:
    """Open a shell, or run COMMAND, in the guest of RUN (a run directory, its name, or "latest")
    while it runs.

    The keys are of that run alone: nobody else can log in, and no other host is taken for it.
    """
    from orchestrator.cli.show_session import say
    from orchestrator.edge.session.terminal import told_of_resizing
    from orchestrator.edge.ssh import talk
    from orchestrator.edge.ssh.connect import connected
    from orchestrator.model.errors import UsageError

    if terminal and not (os.isatty(0) and os.isatty(1)):
        raise UsageError("-t without a terminal: standard input or output is none", "leave -t out")
    with told_of_resizing() as resized, connected(run) as transport:
        if not terminal and (argv or not os.isatty(0)):
            return talk.command(transport, argv or ("sh -s",), 0, 1, 2)
        status = talk.on_terminal(transport, argv, 0, 1, resized, os.environ.get("TERM", ""))
    if status == talk.LEFT:
        say("left; the guest goes on")
        return 0
    return status
