# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate clean"""

from __future__ import annotations

import click


@click.command("clean")
@click.option("--all", "everything", is_flag=True, help="Drop trees and downloads, too.")
@click.option("--older-than", "days", type=click.IntRange(min=0), default=0, show_default=True,
              metavar="DAYS", help="Spare what was used since.")  # fmt: skip
@click.option("--runs", is_flag=True, help="Drop run directories, too.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would go.")
def command(everything: bool, days: int, runs: bool, dry_run: bool) -> None:
    """Drop cached kernels and modules; they are built again when needed.

    What another orchestrate is making or using right now may be dropped under it: run this
    when nothing else runs.
    """
    from orchestrator.edge.cleaning import drop, removable

    freed = 0
    for item in removable(everything, runs, days):
        click.echo(f"{'would drop' if dry_run else 'dropping'} {item.path} ({item.mib} MiB)")
        freed += item.mib
        if not dry_run:
            drop(item)
    click.echo(f"{freed} MiB {'could be ' if dry_run else ''}freed")
