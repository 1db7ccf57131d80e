# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly run"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from orchestrator.cli.cluster_options import require_dask, tls, tls_options
from orchestrator.cli.nightly_history_options import history_option, quarantine_option
from orchestrator.cli.nightly_options import night_options, seconds
from orchestrator.model.errors import UsageError

EPILOG = """\b
Examples:
  orchestrate nightly run nightly.toml
  orchestrate nightly run nightly.toml --tier quick --budget 30m
  orchestrate nightly run nightly.toml --cluster tcp://127.0.0.1:8786
\b
Exit codes: 0 every cell that ran is proven green, quarantine apart; 1 a kernel is
not (a pass on retry does not undo a failure); 2 usage; 3 nothing worse than
infrastructure; 130 interrupted: the same command goes on.
docs/nightly.md describes the matrix, docs/history.md what is said of a night."""


@click.command("run", epilog=EPILOG)
@night_options
@history_option
@quarantine_option
@click.option("--fresh", is_flag=True,
              help="Run all cells, also those an interrupted night has finished.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE",
              help="Also write night.json here; - for standard output.")  # fmt: skip
@click.option("--cluster", metavar="SCHEDULER",
              help="Run it on the workers of a Dask scheduler, by tcp:// or tls://.")  # fmt: skip
@click.option("--artefacts", default="", metavar="URL",
              help="Where kernels and runs pass from machine to machine: file:///DIR, "
              "sftp://HOST/DIR, s3://BUCKET/PREFIX.")  # fmt: skip
@click.option("--wait", "wait_s", callback=seconds, metavar="TIME",
              help="How long to wait for a worker that fits; 1m by default.")  # fmt: skip
@tls_options
def command(
    fresh: bool,
    json_file: Path | None,
    history_url: str | None,
    quarantine_file: Path | None,
    cluster: str | None,
    artefacts: str,
    wait_s: float | None,
    tls_ca: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    **asked: Any,
) -> int:
    """Build and boot the cells of a matrix, the most informative first.

    What cells share is done once. Each run is one as `orchestrate boot` makes it, with
    a directory of its own; what is not green is run once more. Interrupted, the same
    command goes on where it stopped, if sources, patches, tools and suites are the same.
    At its end the night is compared with those before.
    """
    from orchestrator.cli import show, show_night
    from orchestrator.cli.nightly_history_options import opened, quarantine
    from orchestrator.cli.nightly_options import night_job
    from orchestrator.workflow.night import Place, here, run_night
    from orchestrator.workflow.night_remembered import remembered_night

    place: Place = here
    if cluster:
        require_dask()
        from orchestrator.edge.cluster.client import WAIT_S
        from orchestrator.workflow.cluster import ClusterJob

        certificates = tls(tls_ca, tls_cert, tls_key)
        place = ClusterJob(cluster, certificates, artefacts, wait_s or WAIT_S).machines
    elif artefacts or wait_s or tls_ca or tls_cert or tls_key:
        raise UsageError("these options go with --cluster: --artefacts, --wait, --tls-...")
    job = night_job(**asked, fresh=fresh)
    entries = quarantine(quarantine_file, job.matrix)
    show.check_writable(json_file)
    with opened(history_url) as history, show_night.live() as progress:
        result, judged = remembered_night(
            job, progress, history, entries, partial(run_night, place=place)
        )
    show_night.result(result, json_file, judged)
    return result.verdict.exit_code
