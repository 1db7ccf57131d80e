# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate nightly`: a matrix of kernels and machines, every night."""

from __future__ import annotations

import click

from orchestrator.cli.lazy import lazy_group

COMMANDS = {
    "run": ("orchestrator.cli.nightly_run", "Build and boot the cells of a matrix."),
    "plan": ("orchestrator.cli.nightly_plan", "Say what would be run, in which order, and why."),
    "worker": ("orchestrator.cli.nightly_worker", "Build and boot for nights on a cluster."),
}


@click.command(cls=lazy_group(COMMANDS))
def command() -> None:
    """Run a matrix of trees, patches, configurations, topologies and suites every night."""
