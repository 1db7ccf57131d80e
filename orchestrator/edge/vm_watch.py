# SPDX-License-Identifier: GPL-2.0-only
"""Watches a guest from outside: its results file, its console's growth, and the clock."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.edge.host_share import Share
from orchestrator.edge.rundir import WHOLE_BYTES
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Progress, StageProgress
from orchestrator.plan.deadlines import Deadlines, speed_factor

LEAST_FREE_BYTES = 1 << 20  # of the disk: with less, what the guest says may be lost
GAP_S = 1.0  # a longer one between two looks is time in which we did not run ourselves
STARVED = 10.0  # times a deadline that a guest may take if the host gives it no time
_CHANNELS = (
    rundir.CONSOLE,
    rundir.RESULTS,
    rundir.KMSG,
    rundir.TRACE,
    rundir.LEAKS,
    rundir.COVERAGE,
)


@dataclass
class Watch:
    """What the guest has said so far, and whether it has been silent for too long.

    nonce, cpus, suites: of the run. deadlines: unscaled; scaled once the boot has shown how
    fast the guest is. start: time.monotonic() of QEMU's start. share: what QEMU gets of the host.
    boot_s: time to init's begin marker, None before it. ready: init waits for its job.
    known_factor: of a machine that goes on from a kept state, whose boot told it; 0: this boot
    will tell. stood_still_s: how long QEMU was stopped, or all of us were.
    """

    run_dir: Path
    nonce: str
    cpus: int
    suites: int
    deadlines: Deadlines
    progress: Progress
    start: float
    share: Share
    phase: str = "boot"
    boot_s: float | None = None
    factor: float = 1.0
    ready: bool = False
    known_factor: float = 0.0
    stood_still_s: float = 0.0

    def __post_init__(self) -> None:
        self._results = _Tail(self.run_dir / rundir.RESULTS)
        self._console_bytes = 0
        self._looked = self.start
        self._silent_s = self._stopped_s = self._boot_all_s = 0.0
        self._waited_s = 0.0
        self._suites_done = 0

    def look(self, now: float) -> str:
        """ "" as long as all is well, else why this machine must be stopped.

        Raises InfrastructureError if the host, not the guest, is why nothing comes.
        """
        self._pass(now)
        for line in self._results.lines():
            self._spoke()
            self._heard(line, now - self.start)
        self._must_have_room()
        sizes = {name: _size(self.run_dir / name) for name in _CHANNELS}
        for name, size in sizes.items():
            if size > WHOLE_BYTES:
                return f"{Path(name).stem} flooded: over {WHOLE_BYTES >> 20} MiB"
        if self.phase == "boot" and sizes[rundir.CONSOLE] > self._console_bytes:
            self._console_bytes = sizes[rundir.CONSOLE]
            self._spoke()
        return self._overdue()

    def _pass(self, now: float) -> None:
        """Count the time since the last look, where guest and we had a chance to use it."""
        gap_s, self._looked = now - self._looked, now
        if self.share.stopped():
            self._stopped_s += gap_s
            self.stood_still_s += gap_s
            return
        self._stopped_s = 0.0
        self.stood_still_s += max(0.0, gap_s - GAP_S)
        self._silent_s += min(gap_s, GAP_S)
        self._boot_all_s += min(gap_s, GAP_S)

    def _spoke(self) -> None:
        self._silent_s = 0.0
        self._waited_s = self.share.waited_s()

    def _overdue(self) -> str:
        deadlines = self.deadlines
        limits = {"boot": deadlines.boot_s, "suites": deadlines.step_s, "stop": deadlines.stop_s}
        limit_s = limits[self.phase]
        if self._stopped_s > limit_s:
            hint = "somebody sent it SIGSTOP, or a debugger holds it"
            raise InfrastructureError(f"QEMU was stopped for {self._stopped_s:.0f} s", hint)
        if self.phase == "boot" and self._boot_all_s > deadlines.boot_all_s:
            return f"init did not begin within {deadlines.boot_all_s:.0f} s"
        if self._silent_s <= limit_s:
            return ""
        starved_s = self.share.waited_s() - self._waited_s
        if self._silent_s - starved_s > limit_s:
            return f"nothing heard for {limit_s:.0f} s in phase {self.phase}"
        if self._silent_s > STARVED * limit_s:
            said = f"QEMU waited for a CPU {starved_s:.0f} of {self._silent_s:.0f} s"
            raise InfrastructureError(said, "this host is too busy for a verdict")
        return ""

    def _must_have_room(self) -> None:
        """Also that the run directory is there."""
        try:
            disk = os.statvfs(self.run_dir)
        except FileNotFoundError as error:
            raise InfrastructureError(f"{self.run_dir} was removed while the guest ran") from error
        if disk.f_bavail * disk.f_frsize < LEAST_FREE_BYTES:
            said = f"no room left in {self.run_dir} while the guest ran"
            raise InfrastructureError(said, "orchestrate clean, or set ORCHESTRATE_RUNS")

    def _heard(self, line: str, since_start_s: float) -> None:
        word, _, rest = line.partition(" ")
        if word == "begin" and rest.startswith(self.nonce) and self.phase == "boot":
            self.phase = "suites"
            self.boot_s = since_start_s
            self.factor = self.known_factor or speed_factor(since_start_s, self.cpus)
            self.deadlines = self.deadlines.scaled(self.factor)
        elif word == "ready" and self.phase == "boot":
            self.ready = True
        elif word == "suite-end":
            self._suites_done += 1
            self.progress(StageProgress("boot", self._suites_done, self.suites, "suites"))
        elif word == "end" and rest.startswith(self.nonce):
            self.phase = "stop"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class _Tail:
    """Whole lines as they are appended to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.rest = b""

    def lines(self) -> Sequence[str]:
        try:
            with self.path.open("rb") as stream:
                stream.seek(self.offset)
                new = stream.read(1 << 20)
        except FileNotFoundError as error:
            if self.offset:
                raise InfrastructureError(f"{self.path} was removed while in use") from error
            return []
        self.offset += len(new)
        *whole, self.rest = (self.rest + new).split(b"\n")
        return [line.decode(errors="replace") for line in whole]
