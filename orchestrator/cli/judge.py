# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate judge"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli import complete


@click.command("judge")
@click.argument("run", metavar="RUN", shell_complete=complete.runs)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Write the document here; - for standard output.")  # fmt: skip
@click.option("--junit", "junit_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Write the JUnit report here.")  # fmt: skip
def command(run: str, json_file: Path | None, junit_file: Path | None) -> int:
    """Repeat the verdict of RUN (a run directory, its name, or "latest") from its files.

    Nothing is booted and nothing is written into the run directory. The exit code is the
    verdict's.
    """
    from orchestrator.cli import show
    from orchestrator.edge import rundir
    from orchestrator.workflow.rejudge import rejudge

    for file in (json_file, junit_file):
        show.check_writable(file)
    result, before = rejudge(rundir.find(run))
    show.result(result, json_file, junit_file)
    if result.verdict is not before.verdict:
        click.echo(f"it was judged {before.verdict.value} when it ran", err=True)
    return result.exit_code
