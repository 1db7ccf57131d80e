# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate bisect"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli import complete
from orchestrator.cli.options import FOLDER, boot_job, machine_options

if TYPE_CHECKING:
    from orchestrator.model.bisect import Check

EPILOG = """\b
Examples:
  orchestrate bisect --config numa --good v7.1 --bad HEAD
  orchestrate bisect --config numa --good v7.1 --bad HEAD --suite placement
  orchestrate bisect --config numa --good v7.1 --bad HEAD --case create.on_node
  orchestrate bisect --config numa,kmemleak --good v7.1 --bad HEAD --leak
  orchestrate bisect --config numa --good v7.1 --bad HEAD --signature 'kthread_stop'
  orchestrate bisect --config numa --good v7.1 --bad HEAD --creation-us 400
\b
Exit codes: 0 the commit is known, as sure as --sure asks; 1 it is one of several
that cannot be told apart, or --max-runs was not enough, or the failure comes and
goes; 2 usage, or an end is not what it was called (the good one fails, the bad one
does not, both are the same kernel); 3 infrastructure, or an end does not build;
130 interrupted, and the same command goes on."""


@click.command("bisect", epilog=EPILOG)
@click.option("--good", required=True, metavar="REV", help="A commit without the failure ...")
@click.option("--bad", required=True, metavar="REV", help="... and a later one that has it.")
@click.option("--config", required=True, metavar="NAME[,NAME...]",
              shell_complete=complete.configs,
              help="Fragments (orchestrate list) or files, combined.")  # fmt: skip
@click.option("--tree", type=FOLDER, metavar="DIR",
              help="The git tree, the current folder by default; never written to.")  # fmt: skip
@click.option("--case", metavar="SUITE.CASE", help="The failure is that this case fails.")
@click.option("--signature", metavar="SIGNATURE|TEXT",
              help="... a finding with this signature, or this text in its title.")  # fmt: skip
@click.option("--leak", is_flag=True, help="... that memory is lost.")
@click.option("--creation-us", type=click.FloatRange(min=0, min_open=True), metavar="N",
              help="... that the median creation of a thread takes longer.")  # fmt: skip
@click.option("--slow", metavar="SUITE.CASE=SECONDS", help="... that a case takes longer.")
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
    good: str,
    bad: str,
    sure: float,
    end_runs: int,
    max_runs: int,
    run_dir: Path | None,
    json_file: Path | None,
    fresh: bool,
    **asked: Any,
) -> int:
    """Find the commit that broke it, also if it fails only now and then.

    Both ends are tried first. Then steps between are built and run until one commit
    is known with the probability asked for: one that passed once may still be bad, so
    it is run again where that matters. What does not build is skipped, and what
    builds the same kernel as another step is not run. By default any verdict that is
    not green is the failure.
    """
    from orchestrator.cli import show, show_bisect
    from orchestrator.judge.bisect.search import Settings
    from orchestrator.workflow.bisect_resume import BisectJob, bisect_commits

    check = _check(**{name: asked.pop(name) for name in _CHECKS})
    boot = boot_job(source=None, **{**asked, "tree": asked["tree"] or Path()})
    settings = Settings(sure=sure / 100, end_runs=end_runs, max_runs=max_runs)
    job = BisectJob(boot, good, bad, check, settings, run_dir, fresh)
    show.check_writable(json_file)
    with show.live() as progress:
        result = bisect_commits(job, progress)
    show_bisect.show(result, json_file)
    return result.word.exit_code


_CHECKS = ("case", "signature", "leak", "creation_us", "slow")


def _check(
    case: str | None,
    signature: str | None,
    leak: bool,
    creation_us: float | None,
    slow: str | None,
) -> Check:
    """The one that was asked for; UsageError for two."""
    from orchestrator.model.bisect import Check
    from orchestrator.model.errors import UsageError

    found = []
    if case is not None:
        found.append(Check("case", _case(case, "--case")))
    if signature is not None:
        if not signature.strip():
            raise UsageError("--signature is empty", "as `orchestrate judge RUN` shows it")
        found.append(Check("signature", signature.strip()))
    if leak:
        found.append(Check("leak"))
    if creation_us is not None:
        found.append(Check("creation", bound=creation_us))
    if slow is not None:
        name, _, seconds = slow.rpartition("=")
        found.append(Check("slow", _case(name, "--slow"), _seconds(seconds, slow)))
    if len(found) > 1:
        raise UsageError("a bisect looks for one failure", f"give one of {', '.join(_OPTIONS)}")
    return found[0] if found else Check()


_OPTIONS = ("--case", "--signature", "--leak", "--creation-us", "--slow")


def _case(text: str, option: str) -> str:
    from orchestrator.model.errors import UsageError

    suite, dot, case = text.partition(".")
    if not (suite and dot and case):
        raise UsageError(f"{option} {text}: no SUITE.CASE", "as in create.on_node")
    return text


def _seconds(text: str, whole: str) -> float:
    from orchestrator.model.errors import UsageError

    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--slow {whole}: no time in seconds", "as in create.on_node=0.5")
    return seconds
