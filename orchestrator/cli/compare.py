# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate compare"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli import complete
from orchestrator.cli.options import FOLDER, SOURCES, boot_job, shared_options

if TYPE_CHECKING:
    from orchestrator.model.patch import PatchSeries
    from orchestrator.model.progress import Progress

# Faults to walk, leaks, double frees, lock orders, counted lines.
CONFIG = "numa,slub,kmemleak,faults,lockdep,gcov"
# Seconds: a run of base says at once what is slow here, and a hang is asked about only once.
STEP_S = 12.0
BOOT_S = 25.0
CASE_MS = 6_000
# Longer than a second: the time someone would choose who has a call give up.
PATIENCE_MS = 1_100
# One host thread a machine: two machines side by side take no longer than one, while vCPUs with
# threads of their own would wait for one another's locks; and runs differ less.
TCG_THREAD = "single"
# Each run boots: what a kept state happened to be like would look like the kernel's doing.
COLD = True
# What the trace of a run that does not end would tell is not compared: it is sent once.
TRACE_EVERY = 1_000

EPILOG = (
    """\b
Examples:
  orchestrate compare --patch fix.patch
  orchestrate compare --patch series.mbox --topology numa4 --topology memoryless
  orchestrate compare --patch fix.patch --config numa,kasan
  orchestrate compare --tree ~/linux --base v7.1 --head topic
\b
Each --config is a kernel (fragments combined by commas), each --topology a machine;
all of the one are tried on all of the other. --patch takes what boot's takes; all
patches given are one change, compared with the tree without any.
\b
Exit codes: 0 nothing differs, and the report says in how many runs; 1 something
differs, or the patch does not apply or build, or it could not be settled; 2 usage;
3 infrastructure.
\b
"""
    + SOURCES
)


@click.command("compare", epilog=EPILOG)
@click.option("--patch", "patches", multiple=True, metavar="SPEC",
              help="The change: a diff, mail, series, message-id or git:REV..REV.")  # fmt: skip
@click.option("--base", metavar="REV", help="Compare this commit of --tree ...")
@click.option("--head", metavar="REV", help="... with this one.")
@click.option("--config", "configs", multiple=True, default=(CONFIG,), show_default=True,
              metavar="NAME[,NAME...]", help="May be repeated.",
              shell_complete=complete.configs)  # fmt: skip
@click.option("--topology", "topologies", multiple=True, default=("numa4",), show_default=True,
              metavar="NAME|FILE", help="May be repeated.",
              shell_complete=complete.topologies)  # fmt: skip
@click.option("--pairs", type=click.IntRange(1, 100), default=2, show_default=True, metavar="N",
              help="Runs of both sides, at least.")  # fmt: skip
@click.option("--max-pairs", type=click.IntRange(1, 200), default=6, show_default=True,
              metavar="N",
              help="Runs of both sides, at most, if the answer stays unclear.")  # fmt: skip
@shared_options
@click.option("--timeout", "step_s", type=click.FloatRange(min=1), default=STEP_S,
              show_default=True, metavar="SECONDS",
              help="Time a suite may take; grows for slow guests.")  # fmt: skip
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Put the comparison here; a new directory by default.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE",
              help="Also write compare.json here; - for standard output.")  # fmt: skip
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write the page here.")  # fmt: skip
def command(
    patches: tuple[str, ...],
    base: str | None,
    head: str | None,
    configs: tuple[str, ...],
    topologies: tuple[str, ...],
    pairs: int,
    max_pairs: int,
    step_s: float,
    run_dir: Path | None,
    json_file: Path | None,
    html_file: Path | None,
    **asked: Any,
) -> int:
    """Say what a patch changes for anyone who can see the kernel from outside.

    Base and patched kernel are built and booted side by side, several times. Test
    results, crashes, leaks, where threads land, what each thread does, messages,
    warnings and durations are compared; what varies between runs of base alone is
    noise and no change. Also told: which lines of the patch were run.
    """
    from msgspec.structs import replace

    from orchestrator.cli import show, show_compare
    from orchestrator.config.fragments import combine_for
    from orchestrator.config.topology import load_topology
    from orchestrator.edge.commits import between
    from orchestrator.model.errors import UsageError
    from orchestrator.model.patch import PatchSeries
    from orchestrator.plan.deadlines import Deadlines
    from orchestrator.workflow.compare import CompareJob, run_compare

    if bool(base) != bool(head) or bool(base) == bool(patches):
        raise UsageError("what is to be compared?", "give --patch, or --base and --head")
    repository = None
    if base:
        repository, asked["source"] = _base_source(asked.pop("tree"), asked["source"], base)
        asked["tree"] = None
    job = boot_job(config=configs[0], topology=topologies[0], step_s=step_s, **asked)
    tools = job.config.toolchain
    machines = [load_topology(name) for name in topologies]
    cells = tuple((combine_for(c, one, tools), one) for c in configs for one in machines)
    job = replace(
        job,
        deadlines=Deadlines(boot_s=BOOT_S, step_s=step_s),
        timeout_ms=CASE_MS,
        patience_ms=PATIENCE_MS,
        trace_every=TRACE_EVERY,
        tcg_thread=TCG_THREAD,
        cold=COLD,
    )
    for file in (json_file, html_file):
        show.check_writable(file)
    with show.live() as progress:
        if repository and base and head:
            mail = between(repository, base, head)
            series = PatchSeries((mail,), mail.name)
        else:
            series = _series(patches, job.tree, progress)
        compare = CompareJob(job, series, cells, pairs, max(pairs, max_pairs), run_dir)
        result = run_compare(compare, progress)
    show_compare.show(result, json_file, html_file)
    return result.word.exit_code


def _base_source(tree: Path | None, source: str | None, base: str) -> tuple[Path, str]:
    """(the repository, the --source that its commit `base` is)."""
    from orchestrator.model.errors import UsageError

    if source:
        raise UsageError("--source and --base exclude each other", "name the repository by --tree")
    repository = (tree or Path()).resolve()
    return repository, f"git:{repository}@{base}"


def _series(patches: tuple[str, ...], tree: Path | None, progress: Progress) -> PatchSeries:
    """All that --patch names, as one series."""
    from orchestrator.config.patch_spec import parse_patch_spec
    from orchestrator.edge.patch_input import read_patches
    from orchestrator.edge.store import Store, cache_root
    from orchestrator.model.patch import PatchSeries

    store = Store(cache_root())
    parts = [read_patches(parse_patch_spec(text), tree, store, progress) for text in patches]
    return PatchSeries(
        patches=tuple(mail for part in parts for mail in part.patches),
        origin=", ".join(part.origin for part in parts),
        cover="\n".join(part.cover for part in parts),
        notes=tuple(note for part in parts for note in part.notes),
    )
