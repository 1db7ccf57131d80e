# SPDX-License-Identifier: GPL-2.0-only
"""What `nightly report` and `nightly notify` are both asked: which night, and who writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from orchestrator.model.night_told import ToldNight

_F = TypeVar("_F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path, dir_okay=False)

_OPTIONS = (
    click.argument("night", metavar="[NIGHT]", required=False),
    click.option("--history", "url", metavar="URL",
                 help="Where the nights are; the default file if it is not given."),
    click.option("--matrix", metavar="NAME",
                 help="The latest night of this matrix; of any by default."),
    click.option("--quarantine", type=FILE, metavar="FILE",
                 help="Failures that do not count, with owner, reason and last day."),
    click.option("--mail-to", "to", multiple=True, metavar="ADDR",
                 help="Whom the mail is for; may be given several times."),
    click.option("--mail-from", "sender", metavar="ADDR",
                 help="Whom it is from; orchestrate@localhost by default."),
)  # fmt: skip


def out_options(function: _F) -> _F:
    """[NIGHT], --history, --matrix, --quarantine, --mail-to, --mail-from."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def told(
    night: str | None, url: str | None, matrix: str | None, quarantine: Path | None, proofs: bool
) -> ToldNight:
    """The night that is asked for. proofs: with what its runs' directories hold."""
    from orchestrator.config.quarantine import load_quarantine
    from orchestrator.edge.history.history import open_history
    from orchestrator.workflow.night_told import told_night

    entries = load_quarantine(quarantine)
    with open_history(url) as history:
        return told_night(history, night, matrix, entries, proofs)
