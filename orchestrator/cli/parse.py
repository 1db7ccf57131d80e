# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate parse`: logs and traces that are there already, read without a boot."""

from __future__ import annotations

import click

from orchestrator.cli.lazy import lazy_group

COMMANDS = {
    "dmesg": ("orchestrator.cli.parse_dmesg", "Find the reports in kernel logs; name the guilty."),
    "ktap": ("orchestrator.cli.parse_ktap", "Count test results as the kernel's parser does."),
    "trace": ("orchestrator.cli.parse_trace", "Print the events of ftrace text as JSON lines."),
}


@click.command(cls=lazy_group(COMMANDS))
def command() -> None:
    """Parse kernel logs, test results and traces."""
