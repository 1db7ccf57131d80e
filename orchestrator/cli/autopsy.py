# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate autopsy"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli import complete


@click.command("autopsy")
@click.argument("run", metavar="RUN", shell_complete=complete.runs)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Write it as JSON; - for standard output.")  # fmt: skip
def command(run: str, json_file: Path | None) -> int:
    """Show all that was seen in the guest of RUN (a run directory, its name, or "latest") that
    hung or crashed: CPUs, stacks of all tasks, locks, kthread workers, free memory.

    It was looked at from outside before it went; the verdict does not rest on any of it.
    """
    from orchestrator.cli import show
    from orchestrator.edge import rundir
    from orchestrator.model.errors import UsageError
    from orchestrator.report.autopsy import whole
    from orchestrator.report.document import to_json
    from orchestrator.workflow.autopsy import kept_autopsy

    show.check_writable(json_file)
    run_dir = rundir.find(run)
    try:
        seen = kept_autopsy(run_dir)
    except ValueError as error:
        raise UsageError(f"the autopsy of {run_dir} is damaged: {error}", "boot again") from error
    if seen is None:
        raise UsageError(
            f"there was no autopsy in {run_dir}", "only a guest that hangs or crashes gets one"
        )
    if json_file:
        show.write_report(json_file, to_json(seen))
    if str(json_file) != "-":
        for line in whole(seen):
            click.echo(line)
    return 0
