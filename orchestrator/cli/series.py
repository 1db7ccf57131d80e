# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate series"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from orchestrator.cli.options import FOLDER, SOURCES, boot_job, kernel_options, machine_options

EPILOG = (
    """\b
Examples:
  orchestrate series --config numa series.mbox
  orchestrate series --config numa --tree ~/linux v7.1..topic    # at v7.1
  orchestrate series --config numa https://lore.kernel.org/all/MESSAGE-ID/
\b
SPEC is a file (diff, mail, mbox, a web archive's page), - for standard input, a
message-id or URL of a mail of the series, or git:REV..REV, commits of --tree.
\b
"""
    + SOURCES
)


@click.command("series", epilog=EPILOG)
@click.argument("spec", metavar="SPEC")
@kernel_options
@machine_options
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Put the runs into DIR/0000, DIR/0001, ...")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write this as JSON; - for standard output.")  # fmt: skip
@click.option("--fresh", is_flag=True,
              help="Run all steps, also those an interrupted series has finished.")  # fmt: skip
def command(
    spec: str, run_dir: Path | None, json_file: Path | None, fresh: bool, **asked: Any
) -> int:
    """Boot the base and then every patch of a series; say where failures start.

    Each step is a run as `orchestrate boot` makes it, with a run directory of its own.
    Interrupted, the same command goes on where it stopped, if sources, patches, tools and
    options are the same, and says which results it has from then.
    Exit code 0 only if every step is proven green.
    """
    from orchestrator.cli import show
    from orchestrator.config.patch_spec import parse_patch_spec
    from orchestrator.edge.patch_input import read_patches
    from orchestrator.edge.store import Store, cache_root
    from orchestrator.workflow.series_resume import resume_series

    job = replace(boot_job(**asked), run_dir=run_dir)
    patch_spec = parse_patch_spec(spec)
    show.check_writable(json_file)
    with show.live() as progress:
        series = read_patches(patch_spec, job.tree, Store(cache_root()), progress)
        result = resume_series(job, series, progress, fresh=fresh)
    show.series(result, json_file)
    return result.verdict.exit_code
