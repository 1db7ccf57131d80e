# SPDX-License-Identifier: GPL-2.0-only
"""Runs one QEMU to its end, watching it through QMP, its results file and the clock."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from qemu.qmp import QMPClient, QMPError, Runstate

from orchestrator.edge import interrupts, migration, vm_end, vm_process
from orchestrator.edge.autopsy.look import Looked, keep, look
from orchestrator.edge.host_time import HostWatch, clock
from orchestrator.edge.migration import Fork, NotKept, StateRefused
from orchestrator.edge.plugging import Plugger
from orchestrator.edge.process import guarded, innermost
from orchestrator.edge.sweep import socket_folder
from orchestrator.edge.vm_files import contained
from orchestrator.edge.vm_watch import Watch
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.evidence import Ending, VmOutcome
from orchestrator.model.host_time import in_words
from orchestrator.model.progress import Progress, StageDone, StageStarted
from orchestrator.plan import qemu as plan
from orchestrator.plan.deadlines import Deadlines, speed_factor

CONNECT_S = 20.0  # for QEMU to start and greet; it takes 0.05 s on an idle machine
POLL_S = 0.02
DRAIN_S = 1.0  # for the last events, once QEMU has exited, or for its exit, once it may


@contextlib.contextmanager
def control_socket() -> Iterator[str]:
    """A path for the QMP socket in a folder only we can enter, gone afterwards.

    Not in the run directory: a UNIX socket's path may have 107 bytes at most.
    """
    with socket_folder() as folder:
        yield f"{folder}/qmp"


@dataclass(frozen=True)
class Watched:
    """What is expected of a machine's guest, and who wants to know.

    begun: told the pid of QEMU once it runs. built_in: suites that run before init.
    stop: set by another thread, ends the machine at once (Ending.INTERRUPTED). autopsy: look at
    a machine that hung or crashed, before it goes (edge.autopsy.look).
    """

    nonce: str
    suites: int
    deadlines: Deadlines
    progress: Progress
    stop: Event = field(default_factory=Event)
    autopsy: bool = False
    begun: Callable[[int], None] | None = None
    built_in: int = 0


def run_vm(boot: plan.Boot, watched: Watched, fork: Fork | None = None) -> VmOutcome:
    """Boot, or go on from a kept state, wait for the end, and say how it ended.

    The job is boot.run_dir's; the machine is stopped at a deadline. The channels' files are in
    boot.run_dir afterwards. Raises InfrastructureError if QEMU can't be started or does not
    greet, StateRefused if it does not take the state; KeyboardInterrupt passes through with QEMU
    gone.
    """
    return interrupts.run(_Monitor(boot, watched, fork=fork).run())


def save_vm(boot: plan.Boot, watched: Watched, state: Path) -> Fork | VmOutcome:
    """Boot until init waits for a job, and write the devices' state there; memory is in
    boot.ram_dir already. How the machine ended if it did before that. Raises NotKept if the
    host starved it: stalls that its kernel has reported would be in every run. Else as run_vm().
    """
    monitor = _Monitor(boot, watched, save_to=state)
    outcome = interrupts.run(monitor.run())
    if not monitor.saved:
        return outcome
    host = outcome.host
    if host.starved:
        raise NotKept(in_words(host.starved))
    took_s = outcome.wall_s - host.stopped_s - host.waited_s
    factor = speed_factor(took_s, boot.topology.cpu_count)
    return Fork(state, outcome.wall_s, factor)


@dataclass
class _Monitor:
    boot: plan.Boot
    watched: Watched
    fork: Fork | None = None
    save_to: Path | None = None
    saved: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    down: asyncio.Event = field(default_factory=asyncio.Event)  # QEMU told SHUTDOWN

    def __post_init__(self) -> None:
        self.plugger = Plugger(self.boot.topology)

    async def run(self) -> VmOutcome:
        log = Path(self.boot.run_dir) / rundir.QEMU_LOG
        qmp = QMPClient("orchestrate")
        start, looked = clock(), None
        await qmp.start_server(self.boot.qmp_socket)
        os.chmod(self.boot.qmp_socket, 0o600)  # noqa: PTH101
        process = await self._spawn(log)
        try:
            watch = self._watch_from(start, process.pid)
            await self._greet(qmp, process, log)
            pid = innermost(process.pid)
            watch.host.turn_to(pid)
            if self.watched.begun and not self.save_to:
                self.watched.begun(pid)
            hung = await self._until_end(qmp, process, watch)
            wall_s = clock() - start
            if self.watched.autopsy and (hung or self._shutdowns()[:1] == ["guest-reset"]):
                looked = await self._look(qmp, runs=bool(hung))
            # Only a QEMU that exits by itself has written its record to the end.
            if self.down.is_set() or self.boot.recording is not plan.Recording.NONE:
                await vm_process.leave(process, qmp)
        finally:
            await vm_process.kill(process)
            await vm_process.hang_up(qmp)
        if looked:
            keep(Path(self.boot.run_dir), looked)
        return self._outcome(process, wall_s, hung, watch, log)

    def _watch_from(self, start: float, pid: int) -> Watch:
        return Watch(
            run_dir=Path(self.boot.run_dir),
            nonce=self.watched.nonce,
            cpus=self.boot.topology.cpu_count,
            suites=self.watched.suites,
            built_in=self.watched.built_in,
            deadlines=self.watched.deadlines,
            progress=self.watched.progress,
            host=HostWatch(pid, start),
            start=start,
            known_factor=self.fork.speed_factor if self.fork else 0.0,
            channels=plan.written(self.boot),
            plugs=len(self.boot.topology.plugs),
        )

    async def _spawn(self, log: Path) -> asyncio.subprocess.Process:
        argv = guarded(contained(self.boot))
        none = self.save_to or self.boot.recording is not plan.Recording.NONE
        job = Path(os.devnull if none else f"{self.boot.run_dir}/{rundir.JOB}")
        with log.open("wb") as sink, job.open("rb") as source:
            return await vm_process.started(argv, source, sink, plan.kept_fds(self.boot))

    async def _greet(self, qmp: QMPClient, process: asyncio.subprocess.Process, log: Path) -> None:
        accept = asyncio.ensure_future(qmp.accept())
        died = asyncio.ensure_future(process.wait())
        try:
            await asyncio.wait({accept, died}, timeout=CONNECT_S, return_when="FIRST_COMPLETED")
        finally:
            greeted = accept.done()
            died.cancel()
            accept.cancel()
            # Waited for, whatever it says: else asyncio reports it in its own words.
            await asyncio.gather(accept, return_exceptions=True)
        if not greeted:
            said = vm_end.last_line(log) or "it said nothing"
            raise InfrastructureError(f"QEMU did not start: {said}", log=log)
        try:
            await accept
            if self.fork:
                await migration.restore(qmp, self.fork)
            await qmp.execute("cont")
        except QMPError as error:
            if self.fork and accept.done() and not accept.exception():
                said = vm_end.last_words(log) or str(error)
                raise StateRefused(f"QEMU does not go on from the state: {said}") from error
            said = vm_end.last_line(log) or str(error)
            raise InfrastructureError(f"QEMU did not start: {said}", log=log) from error

    async def _until_end(
        self, qmp: QMPClient, process: asyncio.subprocess.Process, watch: Watch
    ) -> str:
        """Until the guest went down, QEMU is gone or the state is saved (""), or the machine
        must be stopped (why)."""
        ended = asyncio.ensure_future(process.wait())
        down = asyncio.ensure_future(self.down.wait())
        collector = asyncio.ensure_future(self._collect(qmp))
        stop = self.watched.stop
        try:
            detail = ""
            while not (detail or stop.is_set() or (self.save_to and watch.ready)):
                if ended.done() or self.down.is_set():
                    break
                await asyncio.wait({ended, down}, timeout=POLL_S, return_when="FIRST_COMPLETED")
                await self._connected(qmp, process)
                detail = watch.look(clock())
                await self.plugger.follow(qmp, watch.asked)
            if self.down.is_set():
                return ""
            if self.save_to and watch.ready and not detail and not ended.done():
                await migration.save(qmp, self.save_to)
                self.saved = True
            elif not detail and ended.done():
                await self._drained()
            return detail
        finally:
            for waiting in (collector, ended, down):
                waiting.cancel()

    async def _connected(self, qmp: QMPClient, process: asyncio.subprocess.Process) -> None:
        """A machine that goes down is held, and only QMP tells: without, silence says nothing of
        the guest. Raises InfrastructureError."""
        if qmp.runstate is Runstate.RUNNING:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), DRAIN_S)
        if process.returncode is None and not self.down.is_set():
            raise InfrastructureError("QEMU's control connection ended")

    async def _drained(self) -> None:
        """QEMU writes SHUTDOWN to the socket before it exits: wait until it has been read."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.down.wait(), DRAIN_S)

    def _shutdowns(self) -> list[str]:
        return vm_end.shutdowns(self.events)

    async def _look(self, qmp: QMPClient, runs: bool) -> Looked:
        progress, begun_s = self.watched.progress, time.monotonic()
        progress(StageStarted("look", "registers and memory of what ended"))
        mem_mib = self.boot.topology.most_mem_mib
        run_dir = Path(self.boot.run_dir)
        looked = await look(qmp, run_dir, mem_mib, runs=runs, arch=self.boot.row)
        progress(StageDone("look", time.monotonic() - begun_s))
        return looked

    async def _collect(self, qmp: QMPClient) -> None:
        async for event in qmp.events:
            self.events.append(dict(event))
            if event["event"] == "SHUTDOWN":
                self.down.set()

    def _outcome(
        self,
        process: asyncio.subprocess.Process,
        wall_s: float,
        hung: str,
        watch: Watch,
        log: Path,
    ) -> VmOutcome:
        stopped = self.watched.stop.is_set()
        ending, detail = vm_end.ending(self.events, hung, stopped)
        if ending is Ending.QEMU_DIED:
            said = vm_end.last_line(log) or f"exit status {process.returncode}"
            detail = f"{detail}; {said}"
        return VmOutcome(
            ending=ending,
            exit_status=process.returncode,
            wall_s=wall_s,
            boot_s=self.fork.boot_s if self.fork else watch.boot_s,
            speed_factor=watch.factor,
            detail=detail,
            qmp_events=tuple(vm_end.described(event) for event in self.events),
            forked=self.fork is not None,
            host=watch.host_time(),
        )
