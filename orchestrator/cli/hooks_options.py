# SPDX-License-Identifier: GPL-2.0-only
"""What commands of `orchestrate hooks` are asked alike."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from orchestrator.cli.nightly_options import seconds
from orchestrator.cli.options import FOLDER

_F = TypeVar("_F", bound=Callable[..., Any])
BUDGET = "60s"
SKIP = "ORCHESTRATE_SKIP"

TREE = click.option("--tree", type=FOLDER, default=Path(), metavar="DIR",
                    help="Your kernel checkout; the current folder by default.")  # fmt: skip
ONLY = click.option("--only", type=click.Choice(["pre-push", "b4"]),
                    help="One of the two; both by default.")  # fmt: skip


def budget(what: str) -> Callable[[_F], _F]:
    """--budget, of what."""
    return click.option("--budget", "budget_s", callback=seconds, default=BUDGET,
                        show_default=True, metavar="TIME", help=what)  # fmt: skip


ORCHESTRATE = click.option("--orchestrate", type=click.Path(path_type=Path, dir_okay=False),
                           metavar="FILE",
                           help="The orchestrate to call; by default, this one.")  # fmt: skip


def reason_to_skip() -> str:
    """ "" if nobody gave one."""
    return os.environ.get(SKIP, "").strip()


def chosen(only: str | None) -> tuple[str, ...]:
    from orchestrator.workflow.hook_install import BOTH

    return (only,) if only else BOTH


def called(orchestrate: Path | None) -> tuple[str, ...]:
    """How presubmit is called: by the program named, or by this very one (-P: nothing is imported
    from the folder we are called in)."""
    return (str(orchestrate),) if orchestrate else (sys.executable, "-P", "-m", "orchestrator")
