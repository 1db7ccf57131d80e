# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate hooks remove"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.hooks_options import ONLY, TREE, chosen


@click.command("remove")
@TREE
@ONLY
def command(tree: Path, only: str | None) -> None:
    """Put back what was there before `orchestrate hooks install`, and drop its log."""
    from orchestrator.report.clean import clean
    from orchestrator.workflow.hook_install import remove

    said = remove(tree, chosen(only))
    for line in said or ("nothing of ours is installed",):
        click.echo(clean(line))
