# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate boot"""

from __future__ import annotations

import sys
from pathlib import Path

import click

EPILOG = """\b
Examples:
  orchestrate boot --config numa
  orchestrate boot --config numa,lockdep --topology memoryless
  orchestrate boot --config numa --tree ~/linux --patch fix.patch
  orchestrate boot --config numa --source kernel.org:7.1.8 --suite placement
\b
--source takes:
  debian:linux-source-7.3      a Debian binary package of sources
  debian-src:linux=VERSION     the upstream tarball of a Debian source package
  kernel.org:7.1.8             a release, checked against the published sums
  git:URL@REF                  any commit, tag or branch
  tarball:FILE                 a local archive
Without --tree and --source: the current folder if it is a kernel tree, else the
newest kernel a Debian mirror offers on which the project's first patch fits."""

_FOLDER = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)


@click.command("boot", epilog=EPILOG)
@click.option("--config", required=True, metavar="NAME[,NAME...]",
              help="Fragments (orchestrate list) or files, combined.")  # fmt: skip
@click.option("--tree", type=_FOLDER, metavar="DIR",
              help="Your kernel tree, dirty or not; never written to.")  # fmt: skip
@click.option("--source", metavar="SPEC", help="Where to get a tree instead; see below.")
@click.option("--patch", "patches", type=_FILE, multiple=True, metavar="FILE",
              help="Apply this patch first; may be given several times, in order.")  # fmt: skip
@click.option("--topology", default="numa4", show_default=True, metavar="NAME|FILE",
              help="The NUMA machine: a name (orchestrate list) or a TOML file.")  # fmt: skip
@click.option("--suite", "suites", multiple=True, metavar="NAME",
              help="Run only this suite; may be given several times.")  # fmt: skip
@click.option("--kmod", "kmods", type=_FOLDER, multiple=True, metavar="DIR",
              help="A folder with further *_test.c suites of your own.")  # fmt: skip
@click.option("--accel", type=click.Choice(["auto", "kvm", "tcg"]), default="auto",
              show_default=True, help="auto takes KVM only if a guest ran on it.")  # fmt: skip
@click.option("--timeout", "step_s", type=click.FloatRange(min=1), default=40, show_default=True,
              metavar="SECONDS", help="Time a suite may take; grows for slow guests.")  # fmt: skip
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=None, metavar="N",
              help="make -jN; all cores by default.")  # fmt: skip
@click.option("--run-dir", type=_FOLDER, metavar="DIR",
              help="Put the run here; a new directory by default.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write run.json here; - for standard output.")  # fmt: skip
@click.option("--junit", "junit_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write the JUnit report here.")  # fmt: skip
def command(
    config: str,
    tree: Path | None,
    source: str | None,
    patches: tuple[Path, ...],
    topology: str,
    suites: tuple[str, ...],
    kmods: tuple[Path, ...],
    accel: str,
    step_s: float,
    jobs: int | None,
    run_dir: Path | None,
    json_file: Path | None,
    junit_file: Path | None,
) -> int:
    """Build a kernel and the suites, boot them, give a verdict.

    Everything is built out of the source tree and kept by content: what did not
    change is not built again.
    """
    from orchestrator.cli import show
    from orchestrator.config import fragments, source_spec
    from orchestrator.config.topology import load_topology
    from orchestrator.workflow.boot import BootJob, run_boot

    job = BootJob(
        config=fragments.combine(config),
        topology=load_topology(topology),
        tree=_tree(tree, source),
        source=source_spec.parse_source_spec(source or "default"),
        patches=patches,
        suites=suites,
        kmods=kmods,
        accel=accel,
        step_s=step_s,
        jobs=jobs or 0,
        run_dir=run_dir,
        command=("orchestrate", *sys.argv[1:]),
    )
    _check_suites(job.suites, job.kmods)
    for file in (json_file, junit_file):
        show.check_writable(file)
    with show.live() as progress:
        result = run_boot(job, progress)
    show.result(result, json_file, junit_file)
    return result.verdict.exit_code


def _tree(tree: Path | None, source: str | None) -> Path | None:
    """--tree, else the current folder if it is a kernel tree and no --source was given."""
    from orchestrator.edge.kernel_tree import LANDMARKS
    from orchestrator.model.errors import UsageError

    if tree and source:
        raise UsageError("--tree and --source exclude each other", "give one of them")
    here = Path()
    if not tree and not source and all((here / name).is_file() for name in LANDMARKS):
        return here.resolve()
    return tree


def _check_suites(asked: tuple[str, ...], kmods: tuple[Path, ...]) -> None:
    """Unknown suites are answered before anything is built."""
    from orchestrator.config.assets import asset_dir
    from orchestrator.config.suites import choose, suites_in
    from orchestrator.model.errors import UsageError

    for folder in kmods:
        if not suites_in(folder):
            hint = "a suite is a file NAME_test.c; see kmod/ and CONTRIBUTING.md"
            raise UsageError(f"--kmod {folder}: no *_test.c there", hint)
    choose(asked, suites_in(asset_dir("kmod"), *kmods))
