# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate bisect"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli import complete
from orchestrator.cli.bisect_check import NAMES, check, check_options
from orchestrator.cli.options import (
    FOLDER,
    SOURCES,
    boot_job,
    machine_options,
    toolchain_options,
)

if TYPE_CHECKING:
    from orchestrator.model.bisect import BisectResult
    from orchestrator.model.bisect_options import OptionsResult
    from orchestrator.model.patch import PatchSeries
    from orchestrator.model.progress import Progress
    from orchestrator.workflow.bisect_resume import BisectJob

EPILOG = (
    """\b
Examples:
  orchestrate bisect --config numa --good v7.1 --bad HEAD
  orchestrate bisect --config numa --good v7.1 --bad HEAD --case placement.nodes_in_turn
  orchestrate bisect --config numa,kmemleak --good v7.1 --bad HEAD --leak
  orchestrate bisect --config numa --good v7.1 --bad HEAD --signature 'kthread_stop'
  orchestrate bisect --config numa --patches series.mbox --creation-us 400
  orchestrate bisect --config numa --tree ~/linux --patches v7.1..topic    # at v7.1
  orchestrate bisect --config-good numa --config-bad /boot/config-7.1
\b
Of commits, the tree is a git tree. --patches takes what `orchestrate series` takes,
or a folder of patches; --config-good and --config-bad what --config takes, or whole
.config files.
\b
Exit codes: 0 the culprit is known, as sure as --sure asks; 1 it is one of several
that cannot be told apart, or not the only one, or --max-runs was not enough, or the
failure comes and goes; 2 usage, or an end is not what it was called (the good one
fails, the bad one does not, both are the same kernel); 3 infrastructure, or an end
does not build; 130 interrupted, and the same command goes on.
\b
"""
    + SOURCES
)


@click.command("bisect", epilog=EPILOG)
@click.option("--good", metavar="REV", help="A commit without the failure ...")
@click.option("--bad", metavar="REV", help="... and a later one that has it.")
@click.option("--patches", metavar="SPEC|DIR",
              help="Or: patches, the last of which leaves a tree that has it.")  # fmt: skip
@click.option("--config-good", metavar="FILE|NAME[,...]", shell_complete=complete.configs,
              help="Or: a configuration without the failure ...")  # fmt: skip
@click.option("--config-bad", metavar="FILE|NAME[,...]", shell_complete=complete.configs,
              help="... and one that has it.")  # fmt: skip
@click.option("--config", metavar="NAME[,NAME...]", shell_complete=complete.configs,
              help="Of commits, patches: fragments (orchestrate list) or files.")  # fmt: skip
@click.option("--tree", type=FOLDER, metavar="DIR",
              help="The kernel tree, the current folder by default; never written to.")  # fmt: skip
@click.option("--source", metavar="SPEC",
              help="Of patches and configurations: where to get a tree instead.")  # fmt: skip
@click.option("--patch", "applied", multiple=True, metavar="SPEC",
              help="Of configurations: a patch that all kernels have.")  # fmt: skip
@toolchain_options
@check_options
@click.option("--sure", type=click.FloatRange(50, 99.9), default=95, show_default=True,
              metavar="PERCENT", help="Stop when it is known with this probability.")  # fmt: skip
@click.option("--end-runs", type=click.IntRange(min=1), default=20, show_default=True, metavar="N",
              help="Runs of the bad end until it is said not to fail.")  # fmt: skip
@click.option("--max-runs", type=click.IntRange(min=1), default=500, show_default=True, metavar="N",
              help="Runs in all, at most.")  # fmt: skip
@machine_options
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Put the runs here; a new directory by default.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write this as JSON; - for standard output.")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Forget what an interrupted bisect has found.")
def command(
    good: str | None,
    bad: str | None,
    patches: str | None,
    config_good: str | None,
    config_bad: str | None,
    config: str | None,
    applied: tuple[str, ...],
    sure: float,
    end_runs: int,
    max_runs: int,
    run_dir: Path | None,
    json_file: Path | None,
    fresh: bool,
    **asked: Any,
) -> int:
    """Find the commit, patch or option that broke it, also if it fails only now and then.

    Both ends are tried first. Then steps between are built and run until the culprit is
    known with the probability asked for: what passed once may still be bad, so it is run
    again where that matters. What does not build is skipped, and what builds the same
    kernel as another step is not run. By default any verdict that is not green is the
    failure.
    """
    from orchestrator.cli import show, show_bisect
    from orchestrator.judge.bisect.search import Settings
    from orchestrator.workflow.bisect_resume import BisectJob

    kind = _kind((good, bad), patches, (config_good, config_bad), config)
    looked_for = check(**{name: asked.pop(name) for name in NAMES})
    _fits(kind, asked["source"], applied)
    if kind == "commits":
        asked["tree"] = asked["tree"] or Path()
    boot = boot_job(config="base" if kind == "options" else config or "", **asked)
    settings = Settings(sure=sure / 100, end_runs=end_runs, max_runs=max_runs)
    job = BisectJob(boot, looked_for, settings, run_dir, fresh, good or "", bad or "")
    show.check_writable(json_file)
    result: BisectResult | OptionsResult
    with show.live() as progress:
        if kind == "options":
            result = _options(job, config_good or "", config_bad or "", applied, progress)
        else:
            result = _steps(job, patches, progress)
    show_bisect.show(result, json_file)
    return result.word.exit_code


def _kind(
    commits: tuple[str | None, str | None],
    patches: str | None,
    configs: tuple[str | None, str | None],
    config: str | None,
) -> str:
    """What is bisected: "commits", "patches" or "options". UsageError if that is not clear."""
    from orchestrator.model.errors import UsageError

    forms = "--good REV --bad REV, --patches SPEC, or --config-good FILE --config-bad FILE"
    asked = {"commits": any(commits), "patches": patches is not None, "options": any(configs)}
    found = [name for name, given in asked.items() if given]
    if len(found) != 1:
        many = f"a bisect is over one of {', '.join(found)}" if found else "a bisect of what?"
        raise UsageError(many, f"give {forms}")
    for (first, second), names in ((commits, "--good, --bad"), (configs, "--config-*")):
        if bool(first) is not bool(second):
            lacking = "the good end" if second else "the bad end"
            raise UsageError(f"{names}: {lacking} is not named", f"give {forms}")
    if found == ["options"] and config:
        raise UsageError("--config, beside --config-good and --config-bad?", "leave it out")
    if found != ["options"] and not config:
        raise UsageError("--config is missing", "as in --config numa; see orchestrate list")
    return found[0]


def _fits(kind: str, source: str | None, applied: tuple[str, ...]) -> None:
    from orchestrator.model.errors import UsageError

    if kind == "commits" and source:
        raise UsageError("--source has no history", "give the git tree with --tree DIR")
    if kind != "options" and applied:
        raise UsageError("--patch is for --config-good and --config-bad", "or is it --patches?")


def _steps(job: BisectJob, patches: str | None, progress: Progress) -> BisectResult:
    from orchestrator.workflow.bisect_commits import bisect_commits
    from orchestrator.workflow.bisect_patches import bisect_patches

    if patches is None:
        return bisect_commits(job, progress)
    return bisect_patches(job, _series(job, patches, progress), progress)


def _series(job: BisectJob, patches: str, progress: Progress) -> PatchSeries:
    from orchestrator.config.patch_spec import parse_patch_spec
    from orchestrator.edge.patch_folder import read_folder
    from orchestrator.edge.patch_input import read_patches
    from orchestrator.edge.store import Store, cache_root

    if patches and Path(patches).is_dir():
        return read_folder(Path(patches))
    spec = parse_patch_spec(patches)
    return read_patches(spec, job.boot.tree, Store(cache_root()), progress)


def _options(
    job: BisectJob, good: str, bad: str, applied: tuple[str, ...], progress: Progress
) -> OptionsResult:
    from orchestrator.config.dotconfig import read_end
    from orchestrator.workflow.bisect_kconfig import bisect_options

    tools = job.boot.config.toolchain
    ends = read_end(good, tools), read_end(bad, tools)
    mails = tuple(mail for spec in applied for mail in _series(job, spec, progress).patches)
    return bisect_options(job, *ends, mails, progress)
