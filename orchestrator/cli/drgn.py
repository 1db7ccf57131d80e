# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate drgn"""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  orchestrate boot --config numa --keep-dump ...; orchestrate drgn latest
  orchestrate drgn latest -c 'print(prog["init_task"].comm)'
  orchestrate drgn latest find.py --all
  orchestrate shell --config numa                 # in one terminal
  orchestrate drgn latest                         # in another: its memory now
\b
drgn runs in a sandbox: it sees the memory, the kernel with its sources, the
modules and the SCRIPT, no home and no network.
Exit codes: drgn's own, which is the script's; 1 an exception ended it, or the
memory cannot be read; 2 wrong usage, 3 infrastructure, 130 interrupted."""


@click.command("drgn", epilog=EPILOG, context_settings={"allow_interspersed_args": False})
@click.argument("run", metavar="RUN")
@click.option("-c", "code", default="", metavar="CODE", help="Run this; then end.")
@click.argument("script", nargs=-1, type=click.UNPROCESSED, metavar="[SCRIPT [ARGS]...]")
def command(run: str, code: str, script: tuple[str, ...]) -> int:
    """Look with drgn at the memory of RUN (a run directory, its name, or "latest").

    Of a guest that runs now (orchestrate shell), what it has in it at this moment; else what a
    run with --keep-dump has kept of a guest that hung or crashed.
    """
    from orchestrator.cli.show_session import brief
    from orchestrator.model.errors import UsageError
    from orchestrator.workflow.drgn import run_drgn

    if script[:1] == ("-c",):  # behind RUN, where one writes it
        code, script = " ".join(script[1:2]), script[2:]
        if not code:
            raise UsageError("-c without CODE", "give a line of Python")
    if code and script:
        raise UsageError("-c and a SCRIPT exclude each other", "give one of them")
    if script and not Path(script[0]).is_file():
        raise UsageError(f"no script {script[0]}")
    words = (str(Path(script[0]).absolute()), *script[1:]) if script else ()
    with brief() as shown:
        return run_drgn(run, code, words, shown)
