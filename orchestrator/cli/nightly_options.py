# SPDX-License-Identifier: GPL-2.0-only
"""What `nightly run` and `nightly plan` are both asked."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.cli.options import FOLDER

if TYPE_CHECKING:
    from orchestrator.workflow.night_prepare import NightJob

_F = TypeVar("_F", bound=Callable[..., Any])
_PASSWORD = re.compile(r"(://[^:/@]*:).*(?=@)|([?&](?:ssl)?password=)[^&]*")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.IGNORECASE)


def seconds(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """ "30m", "1h30m", "90s" → seconds. Raises click.BadParameter."""
    if text is None:
        return None
    found = _DURATION.fullmatch(text.strip())
    parts = [int(part or 0) for part in found.groups()] if found else []
    total = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if not total:
        raise click.BadParameter(f"{text!r} is no time: 30m, 1h30m, 90s")
    return float(total)


def without_password(text: str) -> str:
    """An argument as reports may show it: the history's URL may hold a password."""
    return _PASSWORD.sub(r"\1\2***", text) if "://" in text else text


def night_options(function: _F) -> _F:
    """MATRIX.toml, --tier, --budget, --jobs, --run-dir."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS = (
    click.argument("matrix", metavar="MATRIX.toml", type=click.Path(path_type=Path)),
    click.option("--tier", default="", metavar="NAME",
                 help="Only the cells of this tier of the matrix; all by default."),
    click.option("--budget", callback=seconds, metavar="TIME",
                 help="Begin nothing that would not end within 30m, 1h30m, ...; the most "
                 "informative cells come first."),
    click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N",
                 help="Boots at a time; by default as many as there are cores."),
    click.option("--run-dir", type=FOLDER, metavar="DIR",
                 help="Put the night here; a new directory by default."),
)  # fmt: skip


def night_job(
    matrix: Path,
    tier: str,
    budget: float | None,
    jobs: int | None,
    run_dir: Path | None,
    fresh: bool = False,
) -> NightJob:
    """The job these options ask for. UsageError before anything is fetched."""
    from orchestrator.config.matrix import load_matrix, tier_patterns
    from orchestrator.workflow.night_prepare import NightJob

    loaded = load_matrix(matrix)
    tier_patterns(loaded, tier)
    return NightJob(
        loaded,
        tier=tier,
        budget_s=budget,
        slots=jobs or 0,
        fresh=fresh,
        run_dir=run_dir,
        command=("orchestrate", *map(without_password, sys.argv[1:])),
    )
