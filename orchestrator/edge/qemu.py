# SPDX-License-Identifier: GPL-2.0-only
"""Runs one QEMU to its end, watching it through QMP, its results file and the clock."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

from qemu.qmp import QMPClient, QMPError

from orchestrator.edge import interrupts, migration
from orchestrator.edge.host_time import HostWatch, clock
from orchestrator.edge.migration import Fork, NotKept, StateRefused
from orchestrator.edge.process import guarded, innermost
from orchestrator.edge.sweep import socket_folder
from orchestrator.edge.vm_files import contained
from orchestrator.edge.vm_watch import Watch
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.evidence import Ending, VmOutcome
from orchestrator.model.host_time import in_words
from orchestrator.model.progress import Progress
from orchestrator.plan import qemu as plan
from orchestrator.plan.deadlines import Deadlines, speed_factor

CONNECT_S = 20.0  # for QEMU to start and greet; it takes 0.05 s on an idle machine
POLL_S = 0.02
DRAIN_S = 1.0  # for the last events, once QEMU has exited


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

    stop: set by another thread, ends the machine at once (Ending.INTERRUPTED).
    """

    nonce: str
    suites: int
    deadlines: Deadlines
    progress: Progress
    stop: Event = field(default_factory=Event)


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

    async def run(self) -> VmOutcome:
        log = Path(self.boot.run_dir) / rundir.QEMU_LOG
        qmp = QMPClient("orchestrate")
        start = clock()
        await qmp.start_server(self.boot.qmp_socket)
        os.chmod(self.boot.qmp_socket, 0o600)  # noqa: PTH101
        process = await self._spawn(log)
        try:
            watch = self._watch_from(start, process.pid)
            await self._greet(qmp, process, log)
            watch.host.turn_to(innermost(process.pid))
            hung = await self._until_end(qmp, process, watch)
            wall_s = clock() - start
        finally:
            await _end(process, qmp)
        return self._outcome(process, wall_s, hung, watch, log)

    def _watch_from(self, start: float, pid: int) -> Watch:
        return Watch(
            run_dir=Path(self.boot.run_dir),
            nonce=self.watched.nonce,
            cpus=self.boot.topology.cpu_count,
            suites=self.watched.suites,
            deadlines=self.watched.deadlines,
            progress=self.watched.progress,
            host=HostWatch(pid, start),
            start=start,
            known_factor=self.fork.speed_factor if self.fork else 0.0,
            channels=plan.written(self.boot),
        )

    async def _spawn(self, log: Path) -> asyncio.subprocess.Process:
        argv = guarded(contained(self.boot))
        job = Path(os.devnull if self.save_to else f"{self.boot.run_dir}/{rundir.JOB}")
        with log.open("wb") as sink, job.open("rb") as source:
            try:
                return await asyncio.create_subprocess_exec(
                    *argv,
                    stdin=source,
                    stdout=sink,
                    stderr=sink,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                hint = "orchestrate doctor lists what is missing"
                raise InfrastructureError(f"cannot run {argv[0]}", hint) from error

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
            said = _last_line(log) or "it said nothing"
            raise InfrastructureError(f"QEMU did not start: {said}", log=log)
        try:
            await accept
            if self.fork:
                await migration.restore(qmp, self.fork.state)
            await qmp.execute("cont")
        except QMPError as error:
            said = _last_line(log) or str(error)
            if self.fork and accept.done() and not accept.exception():
                raise StateRefused(f"QEMU does not go on from the state: {said}") from error
            raise InfrastructureError(f"QEMU did not start: {said}", log=log) from error

    async def _until_end(
        self, qmp: QMPClient, process: asyncio.subprocess.Process, watch: Watch
    ) -> str:
        """Until QEMU is gone or the state is saved (""), or it must be stopped (why)."""
        ended = asyncio.ensure_future(process.wait())
        collector = asyncio.ensure_future(self._collect(qmp))
        stop = self.watched.stop
        try:
            detail = ""
            while not (ended.done() or detail or stop.is_set() or (self.save_to and watch.ready)):
                await asyncio.wait({ended}, timeout=POLL_S)
                detail = watch.look(clock())
            if self.save_to and watch.ready and not detail and not ended.done():
                await migration.save(qmp, self.save_to)
                self.saved = True
            elif not detail and ended.done():
                await self._drained()
            return detail
        finally:
            collector.cancel()
            ended.cancel()

    async def _drained(self) -> None:
        """QEMU writes SHUTDOWN to the socket before it exits: wait until it has been read."""
        patience = time.monotonic() + DRAIN_S
        while time.monotonic() < patience and not self._shutdowns():
            await asyncio.sleep(0.005)

    def _shutdowns(self) -> list[str]:
        return [str(e["data"]["reason"]) for e in self.events if e["event"] == "SHUTDOWN"]

    async def _collect(self, qmp: QMPClient) -> None:
        async for event in qmp.events:
            self.events.append(dict(event))

    def _outcome(
        self,
        process: asyncio.subprocess.Process,
        wall_s: float,
        hung: str,
        watch: Watch,
        log: Path,
    ) -> VmOutcome:
        outcome = VmOutcome(
            ending=Ending.QEMU_DIED,
            exit_status=process.returncode,
            wall_s=wall_s,
            boot_s=self.fork.boot_s if self.fork else watch.boot_s,
            speed_factor=watch.factor,
            detail=hung,
            qmp_events=tuple(_described(event) for event in self.events),
            forked=self.fork is not None,
            host=watch.host_time(),
        )
        if self.watched.stop.is_set():
            return replace(outcome, ending=Ending.INTERRUPTED)
        if hung:
            return replace(outcome, ending=Ending.DEADLINE)
        reasons = self._shutdowns()
        if any(e["event"] == "GUEST_PANICKED" for e in self.events):
            return replace(outcome, ending=Ending.PANIC)
        if reasons == ["guest-shutdown"]:
            return replace(outcome, ending=Ending.POWER_OFF)
        if reasons == ["guest-reset"]:
            return replace(outcome, ending=Ending.RESET)
        said = _last_line(log) or f"exit status {process.returncode}"
        return replace(outcome, detail=f"{', '.join(reasons) or 'no SHUTDOWN event'}; {said}")


async def _end(process: asyncio.subprocess.Process, qmp: QMPClient) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    with contextlib.suppress(Exception):  # QEMU is gone: whatever the client says of that
        await qmp.disconnect()


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def _described(event: dict[str, Any]) -> str:
    data = ",".join(f"{key}={value}" for key, value in sorted(event.get("data", {}).items()))
    return f"{event['event']} {data}".strip()
