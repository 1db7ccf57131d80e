# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly dashboard"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.nightly_history_options import history_option, quarantine_option

EPILOG = """\b
Examples:
  orchestrate nightly dashboard ~/public_html/nightly
  orchestrate nightly dashboard out --history postgresql://user@host/database --matrix linux
docs/dashboard.md says what each part means."""


@click.command("dashboard", epilog=EPILOG)
@click.argument("folder", metavar="OUTDIR", type=click.Path(path_type=Path))
@history_option
@click.option("--matrix", default="", metavar="NAME",
              help="Of which matrix; that of the latest night by default.")  # fmt: skip
@click.option("--nights", type=click.IntRange(min=1, max=1000), default=100, show_default=True,
              metavar="N", help="How many of the latest nights to show.")  # fmt: skip
@quarantine_option
def command(
    folder: Path, history_url: str | None, matrix: str, nights: int, quarantine_file: Path | None
) -> int:
    """Make pages of the history: tonight, each cell and test over the nights, crashes, times.

    OUTDIR takes them: a new folder, or one with an earlier dashboard, which is replaced in
    one step. They are opened from there, index.html first, without server or network.
    """
    from orchestrator.cli.nightly_history_options import opened, quarantine
    from orchestrator.report.clean import clean
    from orchestrator.workflow.night_dashboard import make_dashboard

    entries = quarantine(quarantine_file)
    with opened(history_url) as history:
        made = make_dashboard(history, folder, matrix, nights, entries)
    print(clean(
        f"{made.index}: {made.matrix}, {made.nights} nights, {made.results} results, "
        f"{made.pages} pages"
    ))  # fmt: skip
    return 0
