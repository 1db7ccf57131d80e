# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate hooks`: presubmit before a push and in b4."""

from __future__ import annotations

import click

from orchestrator.cli.lazy import lazy_group

COMMANDS = {
    "install": ("orchestrator.cli.hooks_install", "Check each push, and each patch b4 checks."),
    "remove": ("orchestrator.cli.hooks_remove", "Put back what was there before."),
    "status": ("orchestrator.cli.hooks_status", "What is installed, and what was not checked."),
    "pre-push": ("orchestrator.cli.hooks_pre_push", "What git push calls."),
    "b4-check": ("orchestrator.cli.hooks_b4_check", "What b4 prep --check calls."),
}

EPILOG = """\b
Examples:
  cd ~/linux && orchestrate hooks install
  orchestrate hooks install --tree ~/linux --only pre-push --budget 3m
  ORCHESTRATE_SKIP='docs only' git push
  orchestrate hooks status
  orchestrate hooks remove"""


@click.command(cls=lazy_group(COMMANDS), epilog=EPILOG)
def command() -> None:
    """Run presubmit before each git push, and on each patch that `b4 prep --check` looks at.

    Both have a time (--budget). Only what was found to be red holds a push; what was
    not checked is said, and kept for `orchestrate hooks status`.
    """
