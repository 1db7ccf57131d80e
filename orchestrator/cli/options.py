# SPDX-License-Identifier: GPL-2.0-only
"""Options that several commands take, declared once, and the job they make."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.cli import complete
from orchestrator.model.arch import ARCHES, DEFAULT

if TYPE_CHECKING:
    from orchestrator.workflow.boot_job import BootJob

FOLDER = click.Path(path_type=Path)
_F = TypeVar("_F", bound=Callable[..., Any])

_CONFIG = (
    click.option("--config", required=True, metavar="NAME[,NAME...]",
                 shell_complete=complete.configs,
                 help="Fragments (orchestrate list) or files, combined."),
)  # fmt: skip

_SOURCE = (
    click.option("--tree", type=FOLDER, metavar="DIR",
                 help="Your kernel tree, dirty or not; never written to."),
    click.option("--source", metavar="SPEC", help="Where to get a tree instead; see below."),
)  # fmt: skip

_TOOLCHAIN = (
    click.option("--llvm", metavar="1|VERSION|DIR",
                 help="Build with clang, as make LLVM= (which the environment may have)."),
    click.option("--arch", type=click.Choice(sorted(ARCHES)), default=DEFAULT, show_default=True,
                 help="The guest's architecture; for arm64 see orchestrate doctor."),
)  # fmt: skip

_TOPOLOGY = (
    click.option("--topology", default="numa4", show_default=True, metavar="NAME|FILE",
                 shell_complete=complete.topologies,
                 help="The NUMA machine: a name (orchestrate list) or a TOML file. Some add the "
                      "fragment acpi to --config."),
)  # fmt: skip

_SUITES = (
    click.option("--suite", "suites", multiple=True, metavar="NAME",
                 shell_complete=complete.suites,
                 help="Run only this suite; may be given several times."),
)  # fmt: skip

_MACHINE = (
    click.option("--kmod", "kmods", type=FOLDER, multiple=True, metavar="DIR",
                 help="A folder with further *_test.c suites of your own; for boot, also modules."),
    click.option("--accel", type=click.Choice(["auto", "kvm", "tcg"]), default="auto",
                 show_default=True, help="auto takes KVM only if a guest ran on it."),
    click.option("-j", "--jobs", type=click.IntRange(min=1), default=None, metavar="N",
                 help="make -jN; all cores by default."),
)  # fmt: skip

_TRIED = (
    *_SUITES,
    *_MACHINE[:2],
    click.option("--known-issues", "known_issues", metavar="FILE",
                 type=click.Path(path_type=Path, dir_okay=False),
                 help="Findings that were there before, with proof; see README."),
    *_MACHINE[2:],
)  # fmt: skip

_GUEST = (
    click.option("--rootfs", type=click.Choice(["busybox", "debian"]), default="busybox",
                 show_default=True, help="What / is in the guest; debian is made once, see below."),
    click.option("--include", "include", multiple=True, metavar="PKG[,PKG...]",
                 help="Further Debian packages in it; may be repeated."),
    click.option("--add", "adds", multiple=True, metavar="PATH[:DEST]",
                 help="Copy a file or folder of yours into the guest, to /root or DEST."),
    click.option("--ssh", is_flag=True,
                 help="Run sshd for orchestrate ssh and cp, on loopback; implies --rootfs debian."),
)  # fmt: skip

_TIMEOUT = (
    click.option("--timeout", "step_s", type=click.FloatRange(min=1), default=40,
                 show_default=True, metavar="SECONDS",
                 help="Time a suite may take; grows for slow guests."),
)  # fmt: skip

SOURCES = """\
--source takes:
  debian:linux-source-7.3      a Debian binary package of sources
  debian-src:linux=VERSION     the upstream tarball of a Debian source package
  kernel.org:7.1.8             a release, checked against the published sums
  git:URL@REF                  any commit, tag or branch
  tarball:FILE                 a local archive
Without --tree and --source: the current folder if it is a kernel tree, else the
newest kernel a Debian mirror offers on which the project's first patch fits."""

ROOTFS = """\
One word after -- is a line for the guest's shell, several are a program and its
arguments. --rootfs debian is made by mmdebstrap from the mirror of the machine's
own apt, once for each list of packages, and kept in the cache; it adds the
fragments net and rootfs. What the guest writes there goes with it.
\b
"""


def kernel_options(function: _F) -> _F:
    """--config, --tree, --source, --llvm, --arch: what is built."""
    return _all((*_CONFIG, *_SOURCE, *_TOOLCHAIN), function)


def toolchain_options(function: _F) -> _F:
    """--llvm and --arch alone."""
    return _all(_TOOLCHAIN, function)


def machine_options(function: _F) -> _F:
    """--topology, --suite, --kmod, --accel, --timeout, --known-issues, --jobs: how it is tried."""
    return _all((*_TOPOLOGY, *_TRIED, *_TIMEOUT), function)


def session_options(function: _F) -> _F:
    """--topology, --kmod, --accel, --jobs, and guest_options: a machine somebody talks with."""
    return _all((*_TOPOLOGY, *_MACHINE, *_GUEST), function)


def guest_options(function: _F) -> _F:
    """--rootfs, --include, --add: what a command finds in the guest."""
    return _all(_GUEST, function)


def shared_options(function: _F) -> _F:
    """The same without --config, --topology and --timeout, which the command has its own way."""
    return _all((*_SOURCE, *_TOOLCHAIN, *_TRIED), function)


def _all(options: tuple[Callable[[_F], _F], ...], function: _F) -> _F:
    for option in reversed(options):  # so that --help shows them in the order written
        function = option(function)
    return function


def boot_job(
    *,
    config: str,
    tree: Path | None,
    source: str | None,
    topology: str,
    suites: tuple[str, ...] = (),
    kmods: tuple[Path, ...],
    accel: str,
    step_s: float = 40,
    jobs: int | None,
    known_issues: Path | None = None,
    case: str | None = None,
    llvm: str | None = None,
    arch: str = DEFAULT,
) -> BootJob:
    """The job these options ask for, without patches. UsageError before anything is built.

    llvm: None is what the environment says. InfrastructureError if that toolchain is not here.
    """
    from orchestrator.config import fragments, source_spec
    from orchestrator.config.topology import load_topology
    from orchestrator.edge import toolchain
    from orchestrator.plan.deadlines import Deadlines
    from orchestrator.workflow.boot_job import BootJob
    from orchestrator.workflow.known import known_issues as proven

    suite, alone = one_case(case, suites) if case else ("", "")
    machine = load_topology(topology)
    job = BootJob(
        config=fragments.combine_for(config, machine, toolchain.asked(llvm, arch)),
        topology=machine,
        tree=chosen_tree(tree, source),
        source=source_spec.parse_source_spec(source or "default"),
        suites=(suite,) if suite else suites,
        case=alone,
        kmods=kmods,
        accel=accel,
        deadlines=Deadlines(step_s=step_s),
        jobs=jobs or 0,
        known_issues=proven(known_issues),
        command=("orchestrate", *sys.argv[1:]),
    )
    _check_suites(job.suites, job.kmods, job.case)
    return job


def one_case(text: str, suites: tuple[str, ...]) -> tuple[str, str]:
    """(suite, case) of --case, beside the suites of --suite. UsageError if it is none."""
    import re

    from orchestrator.model.errors import UsageError

    # Names in C: what else there is, KUnit's filter would take for a pattern.
    match = re.fullmatch(r"(\w+)\.(\w+)", text, re.ASCII)
    if not match:
        raise UsageError(f"--case {text}: no SUITE.CASE", "as in create.stop_after_exit")
    if set(suites) - {match[1], f"orch_{match[1]}", match[1].removeprefix("orch_")}:
        raise UsageError("--case and --suite exclude each other", "give one of them")
    return match[1], match[2]


def chosen_tree(tree: Path | None, source: str | None) -> Path | None:
    """--tree, else the current folder if it is a kernel tree and no --source was given."""
    from orchestrator.edge.kernel_tree import LANDMARKS
    from orchestrator.model.errors import UsageError

    if tree and source:
        raise UsageError("--tree and --source exclude each other", "give one of them")
    here = Path()
    if not tree and not source and all((here / name).is_file() for name in LANDMARKS):
        return here.resolve()
    return tree


def _check_suites(asked: tuple[str, ...], kmods: tuple[Path, ...], case: str) -> None:
    """Unknown suites and cases are answered before anything is built."""
    from orchestrator.config.assets import asset_dir
    from orchestrator.config.suites import check_case, choose, suites_in
    from orchestrator.model.errors import UsageError

    for folder in kmods:
        if not suites_in(folder):
            hint = "a suite is a file NAME_test.c; boot also takes a Kbuild and your modules"
            raise UsageError(f"--kmod {folder}: no *_test.c there", hint)
    choose(asked, suites_in(asset_dir("kmod"), *kmods))
    if case:
        check_case(asked[0], case, asset_dir("kmod"), *kmods)
