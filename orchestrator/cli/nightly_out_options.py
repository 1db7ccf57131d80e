# SPDX-License-Identifier: GPL-2.0-only
"""What `nightly report` and `nightly notify` are both asked: which night, and who writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.cli.nightly_history_options import (
    history_option,
    matrix_option,
    opened,
    quarantine,
    quarantine_option,
)

if TYPE_CHECKING:
    from orchestrator.model.night_told import ToldNight

_F = TypeVar("_F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path, dir_okay=False)

_OPTIONS = (
    click.argument("night", metavar="[NIGHT]", default=""),
    matrix_option,
    history_option,
    quarantine_option,
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
    night: str, url: str | None, matrix: str, quarantine_file: Path | None, proofs: bool
) -> ToldNight:
    """The night that is asked for. proofs: with what its runs' directories hold."""
    from orchestrator.workflow.night_told import told_night

    entries = quarantine(quarantine_file)
    with opened(url) as history:
        return told_night(history, night or None, matrix or None, entries, proofs)
