# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly import"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.nightly_history_options import history_option


@click.command("import")
@click.argument("folders", nargs=-1, required=True, metavar="DIR...",
                type=click.Path(path_type=Path))  # fmt: skip
@history_option
def command(folders: tuple[Path, ...], history_url: str | None) -> int:
    """Tell the history of nights by their folders; what it knows already counts once.

    For one that was not there when they ran, or is another one.
    """
    from orchestrator.cli.nightly_history_options import opened
    from orchestrator.cli.show import report_console
    from orchestrator.report.clean import clean
    from orchestrator.workflow.night_deliver import deliver

    console = report_console(None)
    with opened(history_url) as history:
        for folder in folders:
            done = deliver(history, folder)
            known = len(done.runs.attempts) - done.new
            already = f", {known} known already" if known else ""
            text = f"{folder}: night {done.runs.night.id}, {done.new} results more{already}"
            console.print(clean(text), markup=False)
    return 0
