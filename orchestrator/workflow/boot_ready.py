# SPDX-License-Identifier: GPL-2.0-only
"""One boot of what is ready, and its verdict: a comparison boots it many times."""

from __future__ import annotations

import importlib
import os
import secrets
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event

from msgspec.structs import replace

from orchestrator.config.fragments import check_sees
from orchestrator.config.own_modules import to_load
from orchestrator.config.suites import choose
from orchestrator.edge import accelerator, guest, kmod, qemu, rundir, sandbox
from orchestrator.edge.coverage import has_counters
from orchestrator.edge.store import Store, cache_root
from orchestrator.model import rundir as names
from orchestrator.model.arch import named
from orchestrator.model.evidence import Ending
from orchestrator.model.job import Plan, RunResult
from orchestrator.model.progress import Progress, StageDone
from orchestrator.plan import qemu as qemu_plan
from orchestrator.plan import replay
from orchestrator.plan.deadlines import Deadlines, crowding
from orchestrator.plan.guest import GuestJob
from orchestrator.plan.plugging import plug_lines
from orchestrator.report.document import to_json
from orchestrator.workflow import besides, session
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.forking import forked, from_start

_NEEDED_LATER = ("orchestrator.workflow.after_boot", "orchestrator.report.text")
KASAN_SHADOW = 8  # one byte for each eight of memory (KASAN_SHADOW_SCALE_SHIFT of x86)


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
    # With the user's own, whose every save makes new ones, the machine is kept without them.
    there = not job.kmods
    image = guest.image(ready.busybox) + (guest.modules(ready.module) if there else b"")
    rundir.write(run_dir, names.INITRD, image)
    extra = session.job_files(job.session, ready.kernel.release, job.term, run_dir, ready.selftests)
    asked = _guest_job(job, ready, plan)
    archive = guest.job_archive(asked, ready.module, extra, job.added, there)
    rundir.write(run_dir, names.JOB, archive).chmod(0o600)  # it may hold keys
    rundir.write(run_dir, names.PLAN, to_json(plan))
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
            partial(_begun, ssh.begun),
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


def _begun(tell: Callable[[int], None] | None, pid: int) -> None:
    """The guest runs: load, beside it, what is needed after it. Not before, when each word with
    QEMU would wait for the interpreter."""
    if tell:
        tell(pid)
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
