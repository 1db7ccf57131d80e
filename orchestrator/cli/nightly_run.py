# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly run"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from orchestrator.cli.nightly_options import night_options

EPILOG = """\b
Examples:
  orchestrate nightly run nightly.toml
  orchestrate nightly run nightly.toml --tier quick --budget 30m
\b
Exit codes: 0 every cell that ran is proven green; 1 a kernel is not; 2 usage;
3 nothing worse than infrastructure; 130 interrupted: the same command goes on.
docs/nightly.md describes the matrix."""


@click.command("run", epilog=EPILOG)
@night_options
@click.option("--fresh", is_flag=True,
              help="Run all cells, also those an interrupted night has finished.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE",
              help="Also write night.json here; - for standard output.")  # fmt: skip
def command(fresh: bool, json_file: Path | None, **asked: Any) -> int:
    """Build and boot the cells of a matrix, the most informative first.

    What cells share is done once. Each run is one as `orchestrate boot` makes it, with
    a directory of its own; what is not green is run once more. Interrupted, the same
    command goes on where it stopped, if sources, patches, tools and suites are the same.
    """
    from orchestrator.cli import show, show_night
    from orchestrator.cli.nightly_options import night_job
    from orchestrator.workflow.night import run_night

    job = night_job(**asked, fresh=fresh)
    show.check_writable(json_file)
    with show_night.live() as progress:
        result = run_night(job, progress)
    show_night.result(result, json_file)
    return result.verdict.exit_code
