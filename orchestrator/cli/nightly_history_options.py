# SPDX-License-Identifier: GPL-2.0-only
"""Which history, and which quarantine: asked of every command that knows the nights before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from orchestrator.edge.history.history import History
    from orchestrator.model.matrix import Matrix
    from orchestrator.model.standing import Quarantine

_F = TypeVar("_F", bound=Callable[..., Any])

_HISTORY = click.option(
    "--history", "history_url", metavar="URL", envvar="ORCHESTRATE_HISTORY", show_envvar=True,
    help="The history: sqlite:////folder/history.db or postgresql://user@host/database; "
    "a file beside the runs by default.",
)  # fmt: skip
_QUARANTINE = click.option(
    "--quarantine", "quarantine_file", metavar="FILE", type=click.Path(path_type=Path),
    help="Failures that don't count for a while: docs/history.md.",
)  # fmt: skip
_MATRIX = click.option(
    "--matrix", "matrix", default="", metavar="NAME", help="Nights of this matrix alone."
)


def history_option(function: _F) -> _F:
    """--history URL, as history_url."""
    return _HISTORY(function)


def quarantine_option(function: _F) -> _F:
    """--quarantine FILE, as quarantine_file."""
    return _QUARANTINE(function)


def matrix_option(function: _F) -> _F:
    """--matrix NAME."""
    return _MATRIX(function)


def opened(url: str | None) -> History:
    """The history; close it. One line if it cannot be opened."""
    # Imported here: a database takes longer to load than help may.
    from orchestrator.edge.history.history import open_history

    return open_history(url)


def quarantine(file: Path | None, matrix: Matrix | None = None) -> tuple[Quarantine, ...]:
    """Of the file that was named, else of the one that the matrix names."""
    from orchestrator.config.quarantine import load_quarantine

    return load_quarantine(file or (matrix.settings.quarantine if matrix else None))
