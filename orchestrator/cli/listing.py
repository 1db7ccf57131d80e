# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate list"""

from __future__ import annotations

from collections.abc import Iterator

import click


@click.command("list")
@click.argument("what", required=False, type=click.Choice(["configs", "topologies", "suites"]))
def command(what: str | None) -> None:
    """Show configurations, topologies and suites, or one of the three."""
    kinds = {"configs": _configs, "topologies": _topologies, "suites": _suites}
    for kind, rows in kinds.items():
        if what in (None, kind):
            table = list(rows())
            width = max(len(name) for name, _ in table)
            click.secho(kind, bold=True)
            for name, text in table:
                click.echo(f"  {name:<{width}}  {text}")


def _configs() -> Iterator[tuple[str, str]]:
    from orchestrator.config import fragments

    for name, path in fragments.shipped().items():
        yield name, fragments.purpose(path)


def _topologies() -> Iterator[tuple[str, str]]:
    from orchestrator.config import topology

    for name in topology.shipped():
        yield name, topology.load_topology(name).description


def _suites() -> Iterator[tuple[str, str]]:
    from orchestrator.config import suites

    for suite in suites.shipped():
        yield suite.name, suite.subject
