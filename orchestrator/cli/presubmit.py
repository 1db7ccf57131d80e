# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate presubmit"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.nightly_options import seconds
from orchestrator.cli.options import FOLDER, boot_job, machine_options, toolchain_options

if TYPE_CHECKING:
    from orchestrator.model.presubmit import Presubmit
    from orchestrator.workflow.presubmit_job import PresubmitJob

FULL = ("numa,kasan", "numa,lockdep", "numa,kmemleak")

EPILOG = """\b
Examples:
  cd ~/linux && orchestrate presubmit
  orchestrate presubmit v7.1..HEAD
  orchestrate presubmit --quick --budget 2m
  orchestrate presubmit --watch
  orchestrate presubmit --full-configs numa,kasan --full-configs numa,slub
  orchestrate presubmit --tree ~/linux origin/master..topic --json presubmit.json
\b
Order: checkpatch of every commit; then does the last one build and boot, and what
is not committed; warnings; every commit from the first on; the last one in full.
\b
Fails: a checkpatch ERROR; a compiler warning that the parent has not (W=1 and sparse
of the files that changed, the rest as the build says it); a commit that does not
build, boot or pass its suites; beside base, a crash, a leak or a failed test that is
new, or any difference after "no functional change". Shown only, unless --strict:
checkpatch's WARNINGs and CHECKs, other differences from base.
\b
Exit codes: 0 all that was checked is proven green (what was not is listed, and the
verdict says so); 1 something is not; 2 usage; 3 infrastructure; 130 interrupted."""


@click.command("presubmit", epilog=EPILOG)
@click.argument("commits", metavar="[BASE..HEAD]", default="")
@click.option("--tree", type=FOLDER, metavar="DIR",
              help="The git tree, the current folder by default; never written to.")  # fmt: skip
@click.option("--config", default="numa", show_default=True, metavar="NAME[,NAME...]",
              help="What every commit is built with: fragments or files.")  # fmt: skip
@toolchain_options
@click.option("--full-configs", multiple=True, default=FULL, show_default=True,
              metavar="NAME[,NAME...]",
              help="The last commit is booted with this, too; may be repeated.")  # fmt: skip
@click.option("--quick", is_flag=True, help="Leave out the last commit in full.")
@click.option("--strict", is_flag=True,
              help="Let checkpatch's warnings and checks fail, and any difference.")  # fmt: skip
@click.option("--budget", callback=seconds, metavar="TIME",
              help="Begin nothing that would not end by then: 90s, 5m.")  # fmt: skip
@click.option("--no-work-tree", is_flag=True, help="Leave out what is not committed.")
@click.option("--watch", is_flag=True,
              help="Check what is not committed after each save, until Ctrl-C.")  # fmt: skip
@machine_options
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Put the runs here; a new directory by default.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write this as JSON; - for standard output.")  # fmt: skip
@click.option("--junit", "junit_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write JUnit XML here.")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Run again what an earlier presubmit has proven.")
def command(json_file: Path | None, junit_file: Path | None, watch: bool, **asked: Any) -> int:
    """Check a range of commits before `git send-email`: each of them, the last in full.

    Without a range: what HEAD has beyond its branch's upstream, else beyond the nearest
    tag or main branch; which, and why, is told. Changes of tracked files that are not
    committed are one more step, the last; nothing is checked out. What was proven
    before for the same kernel, suites and machine is not run again.
    """
    from orchestrator.cli import show, show_presubmit
    from orchestrator.workflow.presubmit import run_presubmit

    job = _job(**asked)
    for file in (json_file, junit_file):
        show.check_writable(file)

    def run(asked: PresubmitJob) -> Presubmit:
        with show.live() as progress:
            result = run_presubmit(asked, progress)
        show_presubmit.show(result, json_file, junit_file)
        return result

    return _watch(job, run) if watch else run(job).exit_code


def _watch(job: PresubmitJob, run: Callable[[PresubmitJob], Presubmit]) -> int:
    """Until Ctrl-C; the exit code of the last result, 130 if there was none."""
    from orchestrator.cli.show_presubmit import say
    from orchestrator.workflow.presubmit_watch import watched

    code = 130
    try:
        for result in watched(job, run, say):
            code = result.exit_code
    except KeyboardInterrupt:
        say("no longer watching")
    return code


def _job(
    commits: str,
    tree: Path | None,
    full_configs: tuple[str, ...],
    quick: bool,
    strict: bool,
    budget: float | None,
    no_work_tree: bool,
    run_dir: Path | None,
    fresh: bool,
    **asked: Any,
) -> PresubmitJob:
    """UsageError before anything is built."""
    from msgspec.structs import replace

    from orchestrator.cli import compare
    from orchestrator.config.fragments import combine_for
    from orchestrator.plan.deadlines import Deadlines
    from orchestrator.workflow.presubmit_job import PresubmitJob

    boot = boot_job(source=None, tree=tree or Path(), **asked)
    tools = boot.config.toolchain
    beside = replace(
        boot,
        config=combine_for(compare.CONFIG, boot.topology, tools),
        deadlines=Deadlines(boot_s=compare.BOOT_S, step_s=compare.STEP_S),
        timeout_ms=compare.CASE_MS,
        patience_ms=compare.PATIENCE_MS,
        trace_every=compare.TRACE_EVERY,
        tcg_thread=compare.TCG_THREAD,
        cold=compare.COLD,
    )
    return PresubmitJob(
        boot=boot,
        compare=beside,
        range=commits,
        full_configs=tuple(combine_for(text, boot.topology, tools) for text in full_configs),
        quick=quick,
        strict=strict,
        with_changes=not no_work_tree,
        budget_s=budget,
        run_dir=run_dir,
        fresh=fresh,
    )
