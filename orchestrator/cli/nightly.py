# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate nightly`: a matrix of kernels and machines, every night."""

from __future__ import annotations

import click

from orchestrator.cli.lazy import lazy_group

COMMANDS = {
    "run": ("orchestrator.cli.nightly_run", "Build and boot the cells of a matrix."),
    "plan": ("orchestrator.cli.nightly_plan", "Say what would be run, in which order, and why."),
    "dashboard": ("orchestrator.cli.nightly_dashboard", "Make pages of the nights so far."),
    "show": ("orchestrator.cli.nightly_show", "What a night means, against those before."),
    "list": ("orchestrator.cli.nightly_list", "The latest nights, a line each."),
    "history": ("orchestrator.cli.nightly_history", "One test over time."),
    "import": ("orchestrator.cli.nightly_import", "Tell the history of a night by its folder."),
    "report": ("orchestrator.cli.nightly_report", "Write a night as JUnit, KTAP, JSON, ..."),
    "notify": ("orchestrator.cli.nightly_notify", "Tell a webhook or a list what changed."),
    "worker": ("orchestrator.cli.nightly_worker", "Build and boot for nights on a cluster."),
}


@click.command(cls=lazy_group(COMMANDS))
def command() -> None:
    """Run a matrix of trees, patches, configurations, topologies and suites every night."""
