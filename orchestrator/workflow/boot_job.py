# SPDX-License-Identifier: GPL-2.0-only
"""What a boot is asked, and all that it then rests on."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

from msgspec import Struct, field
from msgspec.structs import replace

from orchestrator.config.patch_spec import PatchSpec
from orchestrator.config.source_spec import SourceSpec
from orchestrator.edge.session.ends import Talker
from orchestrator.model.job import (
    Accelerator,
    BuiltKernel,
    BuiltModule,
    KernelConfig,
    OwnModule,
    Selftests,
    Tree,
)
from orchestrator.model.known import KnownIssue
from orchestrator.model.patch import PatchMail
from orchestrator.model.session import Session
from orchestrator.model.topology import Topology
from orchestrator.plan import cpio
from orchestrator.plan.deadlines import Deadlines


class BootJob(Struct, frozen=True):
    """What `orchestrate boot` was asked. tree: the user's own; source: used if tree is None.

    patches are still to be read, and apply before mails, which have been. session: instead of
    suites, talker has it with the guest; stop ends the machine.
    """

    config: KernelConfig
    topology: Topology
    tree: Path | None
    source: SourceSpec
    patches: tuple[PatchSpec, ...] = ()
    mails: tuple[PatchMail, ...] = ()
    suites: tuple[str, ...] = ()
    case: str = ""  # of the one suite, the case that runs alone; "": all
    kmods: tuple[Path, ...] = ()
    accel: str = "auto"
    deadlines: Deadlines = field(default_factory=Deadlines)
    timeout_ms: int = 30_000  # of each wait in a case
    patience_ms: int = 300  # how long calls that wait are left waiting
    tcg_thread: str = ""  # as plan.qemu.Boot has it; "": what the host has cores for
    trace_every: int = 8  # suites between two sendings of the trace
    profile: tuple[str, ...] = ()  # C files of the tree whose lines gcov counts
    autopsy: bool = True  # look at a guest that hangs or crashes before it goes
    keep_dump: bool = False  # and keep its memory in the run directory
    cold: bool = False  # boot from the start, even where a kept state would do
    jobs: int = 0
    run_dir: Path | None = None
    known_issues: tuple[KnownIssue, ...] = ()
    command: tuple[str, ...] = ()
    session: Session | None = None
    talker: Talker | None = None
    rootfs_include: tuple[str, ...] = ()  # packages of a Debian root file system
    added: tuple[cpio.Entry, ...] = ()  # what the guest gets of the user's
    term: str = ""  # the user's terminal, for programs in the guest
    stop: Event | None = None
    kunit: str = ""  # glob of the kernel's own suites; ours run then only if suites names them
    own: tuple[Path, ...] = ()  # folders with modules of the user's
    insmod: tuple[OwnModule, ...] = ()  # those of them to load, all by default
    kselftest: tuple[str, ...] = ()  # targets, whose programs run instead of suites
    kselftest_s: float = 0.0  # what each program may take; 0: what the tree gives it


class Ready(Struct, frozen=True):
    """All that a boot needs: built, checked, and the same for every repetition.

    patches: the files as they were applied, in order. tsc_khz: edge.host_clock.
    """

    tree: Tree
    mails: tuple[PatchMail, ...]
    patches: tuple[Path, ...]
    kernel: BuiltKernel
    module: BuiltModule
    machine: Accelerator
    tsc_khz: int = 0
    disk: Path | None = None  # a root file system
    busybox: Path | None = None  # of the guest, where the host's will not do
    selftests: tuple[Selftests, ...] = ()  # built for the job's targets


def side_by_side(job: BootJob, slots: int) -> BootJob:
    """One host thread a machine where so many share the host's cores: see ARCHITECTURE.md."""
    crowded = slots > 1 and job.topology.most_cpus * slots > (os.cpu_count() or 1)
    return replace(job, tcg_thread="single" if crowded else "")
