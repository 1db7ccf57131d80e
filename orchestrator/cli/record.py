# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate record"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli import complete
from orchestrator.cli.options import FOLDER

EPILOG = """\b
Examples:
  orchestrate record latest
  orchestrate record latest --finding red --tries 5
  orchestrate gdb latest --replay               # afterwards: forwards and backwards
\b
The machine is that of RUN with one CPU, since QEMU records no more; all its nodes
are there. Each try is judged as any run is. What counts is the same failure: one of
the same signature, or of the same check and title; and that a replay repeats every
byte. The recording is in RUN/recording, unless --run-dir says where.
\b
Exit codes: 0 recorded; 4 the failure did not come again in --tries recordings, and
nothing is kept; 2 wrong usage, or what cannot be recorded (shells, arm64, KVM, parts
that come and go); 3 infrastructure, or no recording was whole; 130 interrupted."""


@click.command("record", epilog=EPILOG)
@click.argument("run", metavar="RUN", shell_complete=complete.runs)
@click.option("--finding", default="", metavar="SIGNATURE|TEXT",
              help="Which failure: by its signature, or a part of its title; the first one "
                   "by default.")  # fmt: skip
@click.option("--tries", type=click.IntRange(1, 100), default=3, show_default=True, metavar="N",
              help="Record at most so often until it comes again.")  # fmt: skip
@click.option("--timeout", "step_s", type=click.FloatRange(min=1), default=40, show_default=True,
              metavar="SECONDS",
              help="Silence that is a hang, on a machine of usual speed; a recorded one is "
                   "waited for up to twenty times as long.")  # fmt: skip
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Put the recording here; RUN/recording by default.")  # fmt: skip
def command(run: str, finding: str, tries: int, step_s: float, run_dir: Path | None) -> int:
    """Record the failure of RUN, so that gdb can go back from it (a run directory, its name, or
    "latest").

    The machine is booted anew on one CPU, with all that happens on it on record, until it
    fails as RUN did. orchestrate gdb RUN --replay then goes through it, backwards too.
    """
    from orchestrator.cli import show
    from orchestrator.model.recording import NOT_REPRODUCED
    from orchestrator.report.clean import clean
    from orchestrator.workflow.record import record_run
    from orchestrator.workflow.record_asked import Asked

    words = ("orchestrate", "record", run)
    with show.live() as progress:
        answer = record_run(run, Asked(finding, tries, run_dir, step_s, words), progress)
    number = len(answer.tries)
    times = f"{number} recording{'' if number == 1 else 's'}"
    if answer.folder is None:
        click.echo(f"did not reproduce in {times}: {clean(answer.target.title)}")
        for at, each in enumerate(answer.tries, start=1):
            click.echo(f"    {at}: {each.outcome.value}: {clean(each.said)}")
        click.echo("    on one CPU it may not come; orchestrate gdb takes RUN as it was, forwards")
        return NOT_REPRODUCED
    click.echo(f"recorded: {clean(answer.target.title)} (in {times})")
    click.echo(f"recording: {answer.folder}")
    return 0
