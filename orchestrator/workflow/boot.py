# SPDX-License-Identifier: GPL-2.0-only
"""One job, in one straight line: tree → kernel → module → guest → boot → evidence → verdict."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.config.patch_spec import PatchSpec
from orchestrator.config.source_spec import SourceSpec
from orchestrator.config.suites import choose
from orchestrator.edge import accelerator, guest, host, kernel, kmod, qemu, rundir
from orchestrator.edge.patch_input import read_patches
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store, cache_root, need_space
from orchestrator.model import rundir as names
from orchestrator.model.errors import (
    BuildBroken,
    InfrastructureError,
    OrchestrateError,
    PatchBroken,
    UsageError,
)
from orchestrator.model.job import (
    Accelerator,
    BuiltKernel,
    BuiltModule,
    KernelConfig,
    Plan,
    RunResult,
    StageTime,
    Tree,
)
from orchestrator.model.known import KnownIssue
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress, ProgressEvent, StageDone, StageStarted
from orchestrator.model.topology import Topology
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict
from orchestrator.parse.assemble import assemble
from orchestrator.plan import qemu as qemu_plan
from orchestrator.plan import replay
from orchestrator.plan.deadlines import Deadlines
from orchestrator.plan.guest import GuestJob
from orchestrator.report.document import document, to_json
from orchestrator.report.junit import junit
from orchestrator.report.ktap import ktap
from orchestrator.workflow.patches import prepare
from orchestrator.workflow.verdict import judged, keep_issues, look_up

KASAN_SHADOW = 8  # one byte for each eight of memory (KASAN_SHADOW_SCALE_SHIFT of x86)
RUN_MIB = 300  # room for a run directory before a boot starts


_INTERRUPTED = Finding("run", Verdict.INCOMPLETE, Fault.OURS, "interrupted by the user")


@dataclass(frozen=True)
class BootJob:
    """What `orchestrate boot` was asked. tree: the user's own; source: used if tree is None.

    patches are still to be read, and apply before mails, which have been.
    """

    config: KernelConfig
    topology: Topology
    tree: Path | None
    source: SourceSpec
    patches: tuple[PatchSpec, ...] = ()
    mails: tuple[PatchMail, ...] = ()
    suites: tuple[str, ...] = ()
    kmods: tuple[Path, ...] = ()
    accel: str = "auto"
    deadlines: Deadlines = field(default_factory=Deadlines)
    timeout_ms: int = 30_000  # of each wait in a case
    profile: tuple[str, ...] = ()  # C files of the tree whose lines gcov counts
    jobs: int = 0
    run_dir: Path | None = None
    known_issues: tuple[KnownIssue, ...] = ()
    command: tuple[str, ...] = ()


@dataclass
class _Clock:
    """Passes progress on, and keeps the notes and the time of each stage."""

    progress: Progress
    stages: list[StageTime] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __call__(self, event: ProgressEvent) -> None:
        if isinstance(event, StageDone):
            self.stages.append(StageTime(event.stage, round(event.took_s, 3), event.cached))
        if isinstance(event, Note):
            self.notes.append(event.text)
        self.progress(event)


def run_boot(job: BootJob, progress: Progress) -> RunResult:
    """Run it and leave a run directory that explains it, whatever happens.

    Raises UsageError (nothing was run, and no directory is left) and passes Ctrl-C on; every
    other failure ends as a verdict.
    """
    store = Store(cache_root())
    run_dir = rundir.create(job.run_dir)
    need_space(run_dir, RUN_MIB, "a run")
    clock = _Clock(progress)
    result = RunResult(
        verdict=Verdict.INCOMPLETE,
        findings=(),
        run_dir=run_dir,
        command=job.command,
        started_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        config=job.config.label,
        patches=tuple(spec.text for spec in job.patches),
    )
    try:
        result = _line(job, store, clock, result)
    except UsageError:
        rundir.discard(run_dir)
        raise
    except OrchestrateError as error:
        result = replace(result, verdict=_verdict(error), findings=(_finding(error),))
    except KeyboardInterrupt:
        save(replace(result, findings=(_INTERRUPTED,), stages=tuple(clock.stages)))
        raise
    result = replace(result, stages=tuple(clock.stages), notes=tuple(clock.notes))
    save(result)
    return result


@dataclass(frozen=True)
class Ready:
    """All that a boot needs: built, checked, and the same for every repetition.

    patches: the files as they were applied, in order.
    """

    tree: Tree
    mails: tuple[PatchMail, ...]
    patches: tuple[Path, ...]
    kernel: BuiltKernel
    module: BuiltModule
    machine: Accelerator


def _line(job: BootJob, store: Store, clock: _Clock, result: RunResult) -> RunResult:
    host.require()
    mails = (*_read_patches(job, store, clock), *job.mails)
    tree = get_tree(job, store, clock)
    ready = make_ready(job, tree, mails, store, result.run_dir, clock)
    return boot_ready(job, ready, clock, result)


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
) -> Ready:
    """Patches repaired, kernel and module built; logs and patches go to run_dir.

    Raises PatchBroken, BuildBroken, UsageError, InfrastructureError.
    """
    patches = prepare(mails, tree, run_dir, progress, tree_dir=job.tree, store=store)
    profile = tuple(f"GCOV_PROFILE_{Path(name).stem}.o=y" for name in job.profile)
    request = kernel.KernelRequest(tree, job.config, patches, profile, jobs=job.jobs)
    log = run_dir / names.BUILD_LOG
    built = kernel.build_kernel(request, store, log, progress)
    rundir.write(run_dir, names.DOTCONFIG, built.config.read_bytes())
    module = kmod.build_module(built, store, log, progress, job.kmods)
    return Ready(tree, mails, patches, built, module, accelerator.choose(job.accel, store))


def boot_ready(job: BootJob, ready: Ready, clock: Progress, result: RunResult) -> RunResult:
    """One boot of what is ready, and its verdict."""
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
        plan=_plan(job, ready.tree, ready.module),
        accelerator=ready.machine,
    )
    return _boot(job, ready.kernel, ready.module, clock, result)


def _read_patches(job: BootJob, store: Store, clock: _Clock) -> Iterator[PatchMail]:
    for spec in job.patches:
        series = read_patches(spec, job.tree, store, clock)
        for note in series.notes:
            clock(Note(note))
        yield from series.patches


def _plan(job: BootJob, tree: Tree, module: BuiltModule) -> Plan:
    on = {option.name for option in job.config.options if option.value == "y"}
    suites = choose(job.suites, [suite for suite, _ in module.suites])
    return Plan(
        nonce=secrets.token_hex(8),
        suites=tuple(suite.name for suite in suites),
        topology=job.topology,
        numa="CONFIG_NUMA" in on,
        strict_affinity=kmod.promises_affinity(tree),
        held_mib=job.topology.mem_mib // KASAN_SHADOW if "CONFIG_KASAN" in on else 0,
        leak_scan="CONFIG_DEBUG_KMEMLEAK" in on,
        coverage="CONFIG_GCOV_KERNEL" in on and bool(job.profile),
    )


def _boot(
    job: BootJob, built: BuiltKernel, module: BuiltModule, clock: Progress, result: RunResult
) -> RunResult:
    run_dir, plan, machine = result.run_dir, result.plan, result.accelerator
    assert plan and machine
    deadlines = job.deadlines
    chosen = choose(plan.suites, [suite for suite, _ in module.suites])
    guest_job = GuestJob(
        plan.nonce, chosen, hung_task_s=deadlines.hung_task_s, timeout_ms=job.timeout_ms
    )
    initrd = rundir.write(run_dir, names.INITRD, guest.pack(guest_job, module))
    rundir.write(run_dir, names.PLAN, to_json(plan))
    with qemu.control_socket() as socket:
        boot = qemu_plan.Boot(
            qemu=accelerator.QEMU,
            accelerator=machine.name,
            cpu_model=machine.cpu_model,
            firmware=accelerator.firmware(),
            vmlinux=str(built.vmlinux),
            initrd=str(initrd),
            run_dir=str(run_dir),
            topology=plan.topology,
            qmp_socket=socket,
            ports=_ports(plan),
        )
        rundir.write(run_dir, names.REPLAY, replay.script(boot, names.INITRD)).chmod(0o755)
        clock(StageStarted("boot", f"{plan.topology.name} on {machine.name}"))
        outcome = qemu.run_vm(boot, plan.nonce, len(plan.suites), deadlines, clock)
    clock(StageDone("boot", outcome.wall_s, detail=outcome.ending.value))
    rundir.write(run_dir, names.VM, to_json(outcome))
    evidence, dmesg = assemble(rundir.read_channels(run_dir), outcome, plan.nonce)
    if dmesg:
        rundir.write(run_dir, names.DMESG, dmesg)
    symbols = look_up(evidence, built, module, run_dir, clock)
    keep_issues(run_dir, job.known_issues)
    result, objections = judged(result, evidence, symbols, job.known_issues)
    for text in objections:
        clock(Note(text))
    return result


def _ports(plan: Plan) -> tuple[tuple[int, str, str], ...]:
    leaks = (qemu_plan.LEAKS_PORT,) if plan.leak_scan else ()
    return (*qemu_plan.PORTS, *leaks, *((qemu_plan.COVERAGE_PORT,) if plan.coverage else ()))


def save(result: RunResult) -> None:
    """Write the reports every run leaves."""
    rundir.write(result.run_dir, names.RUN, to_json(document(result)))
    rundir.write(result.run_dir, names.JUNIT, junit(result))
    if result.evidence:
        rundir.write(result.run_dir, names.KTAP, ktap(result.evidence.ktap))


def _verdict(error: OrchestrateError) -> Verdict:
    if isinstance(error, PatchBroken):
        return Verdict.PATCH_BROKEN
    return Verdict.BUILD_BROKEN if isinstance(error, BuildBroken) else Verdict.INFRASTRUCTURE


def _finding(error: OrchestrateError) -> Finding:
    file = str(error.log) if error.log else ""
    errors = error.errors if isinstance(error, BuildBroken) else ()
    return Finding(
        check="run",
        verdict=_verdict(error),
        fault=Fault.OURS if isinstance(error, InfrastructureError) else Fault.KERNEL,
        title=error.message,
        evidence=tuple(EvidenceLine(Path(file).name, 0, line) for line in errors),
        hint=error.hint,
    )
