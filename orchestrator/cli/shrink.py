# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate shrink"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from orchestrator.cli.nightly_options import seconds
from orchestrator.cli.options import FOLDER, boot_job

if TYPE_CHECKING:
    from orchestrator.model.document import RunDocument
    from orchestrator.workflow.boot_job import BootJob
    from orchestrator.workflow.shrink_of import Failed

EPILOG = """\b
Examples:
  orchestrate shrink latest
  orchestrate shrink latest --finding kthread_stop
  orchestrate shrink 20260303-101112-ab12 --budget 5m
  orchestrate shrink latest --build            # smaller configurations, too
\b
What it says:
  orch_nodes.lands fails iff node 1 has no memory
      this fails; each setup with one thing less was run and is green
  orch_nodes.lands fails if ...; whether only then is not known: ...
      with the neighbours that are not green, or were not tried
\b
Exit codes: 0 the smallest setup is known; 1 stopped by --runs or --budget, a smaller
one may be; 2 usage, or that run did not fail; 3 infrastructure, or the failure did
not come again, so that nothing is known; 130 interrupted. The same command goes on."""


@click.command("shrink", epilog=EPILOG)
@click.argument("run", metavar="RUN")
@click.option("--finding", default="", metavar="SIGNATURE|TEXT",
              help="Which failure: by its signature, or a part of its title; the first one "
                   "by default.")  # fmt: skip
@click.option("--build", is_flag=True,
              help="Also try configurations whose kernels are yet to be built.")  # fmt: skip
@click.option("--budget", callback=seconds, metavar="TIME", default=None,
              help="Begin no run after this time, as in 90s, 5m or 1h.")  # fmt: skip
@click.option("--runs", type=click.IntRange(min=1), metavar="N", help="Stop after so many runs.")
@click.option("--start-runs", type=click.IntRange(min=1), default=20, show_default=True,
              metavar="N", help="Runs of the same until it is said not to fail again.")  # fmt: skip
@click.option("--chance", type=click.FloatRange(0.1, 50), default=5, show_default=True,
              metavar="PERCENT",
              help="At most so likely is one that fails now and then said to pass.")  # fmt: skip
@click.option("--kept", is_flag=True,
              help="Go on from kept states: faster, but runs are alike.")  # fmt: skip
@click.option("--config", metavar="NAME[,NAME...]",
              help="The run's fragments, where its command does not tell.")  # fmt: skip
@click.option("--kmod", "kmods", type=FOLDER, multiple=True, metavar="DIR",
              help="The same for its folders of suites.")  # fmt: skip
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Put the runs here; a new directory by default.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write this as JSON; - for standard output.")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Forget what an interrupted shrink has found.")
def command(
    run: str,
    finding: str,
    build: bool,
    budget: float | None,
    runs: int | None,
    start_runs: int,
    chance: float,
    kept: bool,
    config: str | None,
    kmods: tuple[Path, ...],
    run_dir: Path | None,
    json_file: Path | None,
    fresh: bool,
) -> int:
    """Find the smallest setup that still fails as RUN did.

    RUN is a run directory, its name, or "latest". Suites, cases, fragments, nodes, CPUs
    and memory are left out as long as it fails in the same way, with the sources and
    patches of that run. Then each setup with one thing less is run, to say whether it
    fails only then. One that fails now and then is run again until a pass is no luck.
    """
    from orchestrator.cli import show, show_shrink
    from orchestrator.config.fragments import fragments_of
    from orchestrator.edge import rundir
    from orchestrator.workflow.rejudge import rejudge
    from orchestrator.workflow.shrink_asked import Limits
    from orchestrator.workflow.shrink_job import ShrinkJob, shrink_run
    from orchestrator.workflow.shrink_of import failed_run

    show.check_writable(json_file)
    limits = Limits(runs, budget, start_runs, chance / 100)
    result, document = rejudge(rundir.find(run))
    asked = _asked(document, config, kmods)
    failed = failed_run(result, document, finding, fragments_of(asked["config"]))
    boot = _boot_job(asked, failed, cold=not kept)
    job = ShrinkJob(failed, boot, limits, build, run_dir, fresh)
    with show.live() as progress:
        shrunk = shrink_run(job, progress)
    show_shrink.show(shrunk, json_file)
    return shrunk.ended.exit_code


def _asked(document: RunDocument, config: str | None, kmods: tuple[Path, ...]) -> dict[str, Any]:
    """Options of boot that say how the run was made, by its command or else by what it keeps."""
    from orchestrator.cli import boot
    from orchestrator.model.errors import UsageError

    asked: dict[str, Any] = {
        "config": ",".join(document.config.split("+")),
        "arch": document.arch,
    }
    if document.command[:2] == ("orchestrate", "boot"):
        try:
            asked = boot.command.make_context("boot", list(document.command[2:])).params
        except click.ClickException as error:
            why = error.format_message()
            raise UsageError(f"the command of that run is none any more: {why}") from error
    names = ("config", "kmods", "accel", "step_s", "jobs", "arch")
    asked = {name: asked[name] for name in names if name in asked}
    asked["llvm"] = document.llvm  # whatever the environment says now
    if config:
        asked["config"] = config
    if kmods:
        asked["kmods"] = kmods
    return asked


def _boot_job(asked: dict[str, Any], failed: Failed, *, cold: bool) -> BootJob:
    """As the run was booted; sources, patches and machine are not in it."""
    from orchestrator.model.errors import UsageError
    from orchestrator.workflow.verdict import kept

    whole: dict[str, Any] = {"kmods": (), "accel": "auto", "step_s": 40, "jobs": None, **asked}
    try:
        job = boot_job(
            tree=None, source="default", topology="numa1", suites=failed.start.suites, **whole
        )
    except UsageError as error:
        hint = "paths are as that run had them: go to its folder, or name --config and --kmod"
        raise UsageError(error.message, hint) from error
    _, issues = kept(failed.run_dir)
    return replace(job, known_issues=issues, cold=cold)
