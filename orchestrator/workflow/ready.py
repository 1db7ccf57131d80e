# SPDX-License-Identifier: GPL-2.0-only
"""What a boot needs, made ready once, and one boot of it: a comparison boots it many times."""

from __future__ import annotations

import importlib
import os
import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from orchestrator.config.fragments import check_sees
from orchestrator.config.own_modules import to_load
from orchestrator.config.patch_spec import PatchSpec
from orchestrator.config.source_spec import SourceSpec
from orchestrator.config.suites import choose
from orchestrator.edge import (
    accelerator,
    guest,
    host_clock,
    kernel,
    kmod,
    qemu,
    rundir,
    sandbox,
)
from orchestrator.edge.coverage import has_counters
from orchestrator.edge.kernel_request import KernelRequest
from orchestrator.edge.session.ends import Talker
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store, cache_root
from orchestrator.model import rundir as names
from orchestrator.model.arch import named
from orchestrator.model.evidence import Ending
from orchestrator.model.job import (
    Accelerator,
    BuiltKernel,
    BuiltModule,
    KernelConfig,
    OwnModule,
    Plan,
    RunResult,
    Selftests,
    Tree,
)
from orchestrator.model.known import KnownIssue
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress, StageDone
from orchestrator.model.session import Session
from orchestrator.model.topology import Topology
from orchestrator.plan import cpio, replay
from orchestrator.plan import qemu as qemu_plan
from orchestrator.plan.blind import blind_spots
from orchestrator.plan.deadlines import Deadlines, crowding
from orchestrator.plan.guest import GuestJob
from orchestrator.plan.make import gcov_variables
from orchestrator.plan.plugging import plug_lines
from orchestrator.report.document import to_json
from orchestrator.workflow import besides, foreign, session
from orchestrator.workflow.forking import forked, from_start
from orchestrator.workflow.patches import prepare

_NEEDED_LATER = ("orchestrator.workflow.after_boot", "orchestrator.report.text")
KASAN_SHADOW = 8  # one byte for each eight of memory (KASAN_SHADOW_SCALE_SHIFT of x86)


@dataclass(frozen=True)
class BootJob:
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


@dataclass(frozen=True)
class Ready:
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
    rundir.write(run_dir, names.DOTCONFIG, built.config.read_bytes())
    for spot in blind_spots(built.config.read_text(errors="replace")):
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


def boot_ready(
    job: BootJob, ready: Ready, clock: Progress, result: RunResult, stop: Event | None = None
) -> RunResult:
    """One boot of what is ready, and its verdict. stop: set from another thread, ends it. Raises
    UsageError if the kernel would not see all of the machine."""
    arch = named(job.config.arch)
    qemu_version = accelerator.qemu_version(Store(cache_root()), arch)
    result = replace(
        result,
        tree_origin=ready.tree.origin,
        patches=tuple(mail.name for mail in ready.mails),
        kernel_release=ready.kernel.release,
        keys=(
            ("tree", ready.tree.key),
            ("kernel", ready.kernel.key),
            ("module", ready.module.key),
        ),
        plan=_plan(job, ready),
        accelerator=ready.machine,
        sandbox=sandbox.found(),
        tools=((arch.qemu, qemu_version), *ready.kernel.tools),
        llvm=ready.kernel.llvm,
    )
    return _boot(job, ready, clock, result, stop)


def _plan(job: BootJob, ready: Ready) -> Plan:
    check_sees(job.config, job.topology)
    on = {option.name for option in job.config.options if option.value == "y"}
    there = [suite for suite, _ in ready.module.suites]
    others = job.session or (job.kunit and not job.suites)
    suites = () if others else choose(job.suites, there)
    return Plan(
        nonce=secrets.token_hex(8),
        suites=tuple(suite.name for suite in suites),
        topology=job.topology,
        numa="CONFIG_NUMA" in on,
        strict_affinity=kmod.promises_affinity(ready.tree),
        held_mib=job.topology.most_mem_mib // KASAN_SHADOW if "CONFIG_KASAN" in on else 0,
        leak_scan="CONFIG_DEBUG_KMEMLEAK" in on,
        coverage="CONFIG_GCOV_KERNEL" in on and has_counters(ready.kernel, job.profile),
        case=job.case,
        session=job.session,
        kunit=besides.built_in(job.kunit, ready.kernel),
        modules=to_load(job.insmod, ready.module.own),
        selftests=ready.selftests,
    )


def _boot(
    job: BootJob,
    ready: Ready,
    clock: Progress,
    result: RunResult,
    stop: Event | None,
) -> RunResult:
    run_dir, plan = result.run_dir, result.plan
    assert plan
    image = guest.image(ready.busybox)
    rundir.write(run_dir, names.INITRD, image)
    extra = session.job_files(job.session, ready.kernel.release, job.term, run_dir, ready.selftests)
    asked = _guest_job(job, ready, plan)
    archive = guest.job_archive(asked, ready.module, extra, job.added)
    rundir.write(run_dir, names.JOB, archive).chmod(0o600)  # it may hold keys
    rundir.write(run_dir, names.PLAN, to_json(plan))
    _load_meanwhile()
    with (
        qemu.control_socket() as socket,
        session.had(job.session, job.talker, Path(socket).parent, run_dir) as ssh,
        session.seen(job.session, Path(socket).parent, run_dir, result.keys) as monitor,
    ):
        boot = replace(_machine(job, ready, plan, run_dir, socket), ssh_port=ssh.port)
        boot = replace(boot, monitor_fd=monitor)
        rundir.write(run_dir, names.REPLAY, replay.script(boot, names.INITRD, names.JOB)).chmod(
            0o755
        )
        rundir.write(run_dir, names.MACHINE, to_json(replay.by_hand(boot)))
        deadlines = _deadlines(job, ready)
        watched = qemu.Watched(
            plan.nonce,
            len(plan.suites) + sum(len(target.tests) for target in plan.selftests),
            deadlines,
            clock,
            stop or job.stop or Event(),
            job.autopsy,
            ssh.begun,
            built_in=len(plan.kunit.suites) if plan.kunit else 0,
        )
        # Suites that run at boot are in no kept state.
        if job.cold or plan.kunit or ready.machine.name != "tcg":
            outcome = from_start(boot, watched)
        else:
            outcome = forked(boot, watched, ready.kernel.key, image, Store(cache_root()))
    if outcome.ending is Ending.DEADLINE and outcome.boot_s is None:
        accelerator.check_again(ready.machine, Store(cache_root()))
    clock(StageDone("boot", outcome.wall_s, detail=outcome.ending.value))
    from orchestrator.workflow.after_boot import read_and_judge

    issues = job.known_issues
    kernel, module = ready.kernel, ready.module
    return read_and_judge(result, outcome, kernel, module, issues, clock, job.keep_dump)


def _load_meanwhile() -> None:
    """Load, beside the guest, what is needed after it."""
    for name in _NEEDED_LATER:
        threading.Thread(target=importlib.import_module, args=(name,), daemon=True).start()


def _guest_job(job: BootJob, ready: Ready, plan: Plan) -> GuestJob:
    deadlines = _deadlines(job, ready)
    return GuestJob(
        plan.nonce,
        choose(plan.suites, [suite for suite, _ in ready.module.suites]) if plan.suites else (),
        hung_task_s=deadlines.hung_task_s,
        timeout_ms=job.timeout_ms,
        patience_ms=job.patience_ms,
        trace_every=job.trace_every,
        epoch_s=int(time.time()),
        entropy=secrets.token_hex(32),
        case=plan.case,
        modules=plan.modules,
        plugs=plug_lines(plan.topology),
        plug_s=deadlines.plug_s,
    )


def _deadlines(job: BootJob, ready: Ready) -> Deadlines:
    cpus = job.topology.most_cpus
    crowded = crowding(cpus, _tcg_thread(job), os.cpu_count() or 1)
    deadlines = replace(job.deadlines, crowding=crowded)
    return session.patient(job.session, deadlines, ready.selftests)


def _machine(job: BootJob, ready: Ready, plan: Plan, run_dir: Path, socket: str) -> qemu_plan.Boot:
    arch = named(job.config.arch)
    return qemu_plan.Boot(
        qemu=accelerator.qemu(arch),
        accelerator=ready.machine.name,
        cpu_model=ready.machine.cpu_model,
        firmware=accelerator.firmware(arch),
        vmlinux=str(ready.kernel.image),
        initrd=str(run_dir / names.INITRD),
        run_dir=str(run_dir),
        topology=plan.topology,
        qmp_socket=socket,
        ports=_ports(plan),
        tcg_thread=_tcg_thread(job),
        tsc_khz=ready.tsc_khz,
        session=job.session is not None,
        network=job.session is not None and job.session.ssh,
        disk=str(ready.disk) if ready.disk else "",
        session_dir=str(Path(socket).parent) if job.talker else "",
        extra_cmdline=besides.cmdline(job.config, plan),
        arch=arch.name,
    )


def side_by_side(job: BootJob, slots: int) -> BootJob:
    """One host thread a machine where so many share the host's cores: see ARCHITECTURE.md."""
    crowded = slots > 1 and job.topology.most_cpus * slots > (os.cpu_count() or 1)
    return replace(job, tcg_thread="single" if crowded else "")


def _tcg_thread(job: BootJob) -> str:
    """A thread for each vCPU only where each finds a core: else they wait for one another's
    locks, which a preempted thread holds, and all of them take longer than one alone. A thread
    for all cannot take a CPU away: it would wait for its own end (QEMU 7.2 aborts)."""
    if any(plug.away and plug.cpu is not None for plug in job.topology.plugs):
        return "multi"
    fits = job.topology.most_cpus <= (os.cpu_count() or 1)
    return job.tcg_thread or ("multi" if fits else "single")


def _ports(plan: Plan) -> tuple[tuple[int, str, str], ...]:
    leaks = (qemu_plan.LEAKS_PORT,) if plan.leak_scan else ()
    return (*qemu_plan.PORTS, *leaks, *((qemu_plan.COVERAGE_PORT,) if plan.coverage else ()))
