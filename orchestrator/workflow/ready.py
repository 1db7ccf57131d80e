# SPDX-License-Identifier: GPL-2.0-only
"""What a boot needs, made ready once: sources, kernel, modules, machine."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import accelerator, host_clock, kernel, kmod, rundir, sandbox
from orchestrator.edge.kernel_request import KernelRequest
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store
from orchestrator.model import rundir as names
from orchestrator.model.arch import named
from orchestrator.model.job import Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress
from orchestrator.plan.blind import blind_spots
from orchestrator.plan.make import gcov_variables
from orchestrator.workflow import besides, foreign, session
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.patches import prepare


def aloud(progress: Progress) -> None:
    """Say so if builds and QEMU run without a sandbox."""
    warning = sandbox.warning()
    if warning:
        progress(Note(warning))


def get_tree(job: BootJob, store: Store, progress: Progress) -> Tree:
    """The job's sources in the store."""
    return adopt(job.tree, store, progress) if job.tree else fetch(job.source, store, progress)


def make_ready(
    job: BootJob,
    tree: Tree,
    mails: tuple[PatchMail, ...],
    store: Store,
    run_dir: Path,
    progress: Progress,
    sibling: Ready | None = None,
    differing: tuple[str, ...] = (),
) -> Ready:
    """Patches repaired, kernel and module built; logs and patches go to run_dir.

    sibling: of the unpatched kernel; its module is taken if it fits this kernel as well. It may
    be of a tree that differs in these files. Raises PatchBroken, BuildBroken, UsageError,
    InfrastructureError.
    """
    patches = prepare(mails, tree, run_dir, progress, tree_dir=job.tree, store=store)
    return build_ready(
        job, tree, mails, patches, store, run_dir, progress, sibling, differing=differing
    )


def kernel_request(job: BootJob, tree: Tree, patches: tuple[Path, ...]) -> KernelRequest:
    """The kernel that the job boots."""
    counted = any(o.name == "CONFIG_GCOV_KERNEL" and o.value == "y" for o in job.config.options)
    stems = {Path(name).stem for name in job.profile} if counted else set()
    profile = gcov_variables(sorted(stems), job.config.llvm)
    return KernelRequest(tree, job.config, patches, profile, jobs=job.jobs)


def build_ready(
    job: BootJob,
    tree: Tree,
    mails: tuple[PatchMail, ...],
    patches: tuple[Path, ...],
    store: Store,
    run_dir: Path,
    progress: Progress,
    sibling: Ready | None = None,
    any_config: bool = False,
    differing: tuple[str, ...] = (),
) -> Ready:
    """What make_ready() does once the patches are prepared. Raises the same, less PatchBroken that
    preparing raises. any_config: see KernelRequest."""
    request = replace(kernel_request(job, tree, patches), any_config=any_config)
    log = run_dir / names.BUILD_LOG
    built = kernel.build_kernel(request, store, log, progress)
    dotconfig = built.config.read_bytes()
    rundir.write(run_dir, names.DOTCONFIG, dotconfig)
    for spot in blind_spots(dotconfig.decode(errors="replace")):
        progress(Note(spot))
    if sibling and kmod.fits(sibling.kernel, built, patches, differing):
        module = sibling.module
    else:
        own = besides.own_modules(job.own, job.insmod, built, store, progress)
        # Suites are built anew for them only if there are some that may use them.
        used = own if set(job.own) & set(job.kmods) else ()
        module = kmod.build_module(built, store, log, progress, job.kmods, used)
        module = replace(module, own=own)
    machine = accelerator.choose(job.accel, store, named(job.config.arch))
    return Ready(
        tree,
        mails,
        patches,
        built,
        module,
        machine,
        host_clock.tsc_khz(store),
        session.disk(job.session, job.rootfs_include, store, log, progress),
        foreign.busybox(job.config.arch, store, progress),
    )
