# SPDX-License-Identifier: GPL-2.0-only
"""What the Tab key offers, beyond options: names of configurations, machines, suites and runs.

Shells ask this at each key press: nothing is imported before it is asked for, and what cannot be
read offers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

RUNS = 30  # the latest that are offered


def configs(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Fragments; after a comma, those that are not there yet."""
    from orchestrator.config import fragments

    before, comma, last = typed.rpartition(",")
    free = [name for name in fragments.shipped() if name not in before.split(",")]
    return [
        CompletionItem(f"{before}{comma}{name}", help=fragments.purpose(fragments.shipped()[name]))
        for name in _beginning(free, last)
    ] + _files(typed)


def topologies(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Machines that are shipped; else a file."""
    from orchestrator.config import topology

    return [CompletionItem(name) for name in _beginning(topology.shipped(), typed)] + _files(typed)


def suites(ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Ours, and those of the folders that --kmod names."""
    from orchestrator.config import suites
    from orchestrator.config.assets import asset_dir

    folders = [Path(folder) for folder in ctx.params.get("kmods") or ()]
    found = suites.suites_in(asset_dir("kmod"), *folders)
    told = {suite.name: suite.subject for suite in found}
    if not typed.startswith(suites.PREFIX):  # as people call them
        told = {name.removeprefix(suites.PREFIX): said for name, said in told.items()}
    return [CompletionItem(name, help=told[name]) for name in _beginning(told, typed)]


def runs(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    """The latest; else a folder."""
    from orchestrator.edge.store import runs_root

    try:
        names = sorted((path.name for path in runs_root().iterdir()), reverse=True)
    except OSError:
        names = []
    latest = [name for name in names if name != "latest"][:RUNS]
    return [CompletionItem(name) for name in _beginning(["latest", *latest], typed)] + _files(typed)


def _beginning(names: Iterable[str], typed: str) -> list[str]:
    return [name for name in names if name.startswith(typed)]


def _files(typed: str) -> list[CompletionItem]:
    """The shell offers its own, once it looks like a path."""
    return [CompletionItem(typed, type="file")] if "/" in typed or typed.startswith(".") else []
