# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate gdb"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.options import FOLDER

EPILOG = """\b
Examples:
  orchestrate gdb latest
  orchestrate gdb latest --break kthread_create_on_node
  orchestrate gdb latest --break stop_returns_result -ex backtrace
  orchestrate gdb latest --batch -x find.gdb
  orchestrate shell --config numa          # and in another terminal, while it runs:
  orchestrate gdb latest --break do_exit
  orchestrate gdb latest --batch --break kthread_create_worker_on_node \\
      -ex backtrace -ex 'print $current()->comm'
  orchestrate gdb latest --replay --batch -ex 'break kthread_stop' -ex reverse-continue
\b
gdb runs in a sandbox: it sees the kernel, its sources, the modules and each -x
FILE, no home (no ~/.gdbinit) and no network. A panic stops the guest; while it is
stopped, its clocks are. detach lets go of it, quit ends it.
\b
Structures are known, and modules by name, also without debug info; lines,
arguments, local variables and the kernel's lx- commands need --config ...,gdb.
\b
Exit codes: gdb's own; 2 wrong usage, 3 infrastructure, 130 interrupted. With
--batch, gdb's is 1 if the last command failed; scripts may quit with another."""

_TAG = "\0"


class InOrder(click.Command):
    """-x and -ex in the order given, as gdb itself has them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        marked, rest = [], iter(args)
        for word in rest:
            if word in ("-x", "-ex"):
                value = next(rest, None)
                marked += ["-x"] if value is None else ["-x", f"{word[1:]}{_TAG}{value}"]
            else:
                marked.append(word)
        return super().parse_args(ctx, marked)


@click.command("gdb", cls=InOrder, epilog=EPILOG)
@click.argument("run", metavar="RUN")
@click.option("--break", "breaks", multiple=True, metavar="FUNCTION",
              help="Let it run until it gets there, in kernel or module; repeatable.")  # fmt: skip
@click.option("-x", "-ex", "commands", multiple=True, metavar="FILE|COMMAND",
              help="-x: gdb's commands from FILE; -ex: one COMMAND; in this order.")  # fmt: skip
@click.option("--batch", is_flag=True, help="Do these and end, with gdb's exit code.")
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Keep the guest's console and other channels there.")  # fmt: skip
@click.option("--again", is_flag=True, help="Boot again, also if RUN's guest still runs.")
@click.option("--replay", is_flag=True,
              help="What orchestrate record has of RUN: forwards and backwards.")  # fmt: skip
def command(
    run: str,
    breaks: tuple[str, ...],
    commands: tuple[str, ...],
    batch: bool,
    run_dir: Path | None,
    again: bool,
    replay: bool,
) -> int:
    """Give you gdb on the kernel of RUN (a run directory, its name, or "latest").

    A guest that runs now, under orchestrate shell on a terminal, is stopped where it is, and goes
    on afterwards. Else the machine is booted again, from the start: same kernel, modules, nodes
    and job. It stops in the kernel's first C function, or at --break. With --replay it is the
    machine of orchestrate record, which stops where the failure shows, and can go backwards.
    """  # fmt: skip
    from orchestrator.cli.show_session import brief
    from orchestrator.model.errors import UsageError
    from orchestrator.workflow.debug import Asked, run_gdb

    given = tuple((kind, text) for kind, _, text in (one.partition(_TAG) for one in commands))
    for kind, text in given:
        if kind == "x" and not Path(text).is_file():
            raise UsageError(f"-x {text}: no such file")
    if batch and not given:
        raise UsageError("--batch without -x or -ex", "give gdb something to do")
    if again and replay:
        raise UsageError("--again boots, and --replay does not", "leave one of them out")
    with brief() as shown:
        return run_gdb(run, Asked(breaks, given, batch, run_dir, again, replay), shown)
