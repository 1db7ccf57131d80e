# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate hooks status"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.hooks_options import TREE


@click.command("status")
@TREE
def command(tree: Path) -> int:
    """Show what is installed, whether it works, and the latest pushes with what was not checked.

    Exit code 3 if something is installed and does not work.
    """
    from orchestrator.report.clean import clean
    from orchestrator.workflow.hook_install import status

    found = status(tree)
    for line in found.installed or ("nothing is installed",):
        click.echo(clean(line))
    if found.done:
        how = f"by version {found.done.version}, {found.done.budget_s:.0f} s each"
        click.echo(clean(f"written {how}; calls {found.done.orchestrate}"))
    for line in found.broken:
        click.echo(clean(f"BROKEN: {line}"))
    if found.broken:
        click.echo("orchestrate hooks install puts it right")
    for record in found.records:
        why = f": {record.why}" if record.why else ""
        click.echo(clean(f"{record.at} {record.hook} {record.word}: {record.what}{why}"))
    return 3 if found.broken else 0
