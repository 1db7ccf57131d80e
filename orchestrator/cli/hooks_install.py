# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate hooks install"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.hooks_options import ONLY, ORCHESTRATE, TREE, budget, chosen

EPILOG = """\b
Examples:
  cd ~/linux && orchestrate hooks install
  orchestrate hooks install --tree ~/linux --only pre-push --budget 3m
\b
A pre-push hook of your own is kept as pre-push.local and called first. In b4, our
command is added to b4.prep-perpatch-check-cmd (git config --local), and checkpatch
beside it if b4 ran it by default so far. `orchestrate hooks remove` undoes just that."""


@click.command("install", epilog=EPILOG)
@TREE
@ONLY
@budget("Time a push has for its checks, and a patch in b4.")
@ORCHESTRATE
def command(tree: Path, only: str | None, budget_s: float, orchestrate: Path | None) -> None:
    """Check what is pushed, and what b4 checks, with `orchestrate presubmit --quick`.

    Again, it writes the same anew: after an update, or for another --budget.
    """
    from orchestrator.report.clean import clean
    from orchestrator.workflow.hook_install import install

    for line in install(tree, chosen(only), budget_s, orchestrate):
        click.echo(clean(line))
    click.echo(f"each has {budget_s:.0f} s; past it: ORCHESTRATE_SKIP='the reason' git push")
