# SPDX-License-Identifier: GPL-2.0-only
"""Command groups whose commands are imported when they are called, not for `--help`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import ClassVar

import click

Table = Mapping[str, tuple[str, str]]  # command → (module, one line of help)


class LazyGroup(click.Group):
    """Commands by name from a table; each module has its command as `command`."""

    table: ClassVar[Table] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module = importlib.import_module(self.table[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])


def lazy_group(commands: Table) -> type[LazyGroup]:
    """A group class of these commands, for `click.command(cls=...)`."""
    return type("Commands", (LazyGroup,), {"table": commands})
