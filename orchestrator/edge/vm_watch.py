# SPDX-License-Identifier: GPL-2.0-only
"""Watches a guest from outside: its results file, the growth of its channels, and the clock."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge.host_time import HostWatch
from orchestrator.edge.rundir import WHOLE_BYTES
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.host_time import HostTime
from orchestrator.model.progress import Progress, StageProgress
from orchestrator.plan.deadlines import PATIENCE, Deadlines, bounded, speed_factor

BOOT_LIMIT_S = 20.0  # of a guest that has been told none: a soft lockup (kernel/watchdog.c)
_SMALL = re.compile(r"[0-9]{1,6}")
LEAST_FREE_BYTES = 1 << 20  # of the disk: with less, what the guest says may be lost
RESULTS_LIMIT_BYTES = 16 << 20  # of init's own words, of which a run has some kilobytes


@dataclass
class Watch:
    """What the guest has said so far, and whether it has been silent for too long.

    nonce, cpus, suites: of the run. deadlines: unscaled. host: what the machine gets of it.
    start: edge.host_time.clock() at QEMU's start. boot_s: from that to init's begin marker, None
    before it. ready: init waits for its job. factor: of deadlines after the boot. known_factor:
    that of the boot whose state this machine goes on from; 0: its own boot tells. limit_s: the
    least of the guest's own stall limits. channels: names of the files in run_dir that may not
    grow beyond all measure. built_in: suites that run before init. plugs: how many parts come or
    go; asked: numbers of those that the guest has asked for.
    """

    run_dir: Path
    nonce: str
    cpus: int
    suites: int
    deadlines: Deadlines
    progress: Progress
    host: HostWatch
    start: float
    phase: str = "boot"
    boot_s: float | None = None
    factor: float = 1.0
    ready: bool = False
    known_factor: float = 0.0
    limit_s: float = BOOT_LIMIT_S
    channels: tuple[str, ...] = (rundir.CONSOLE, rundir.RESULTS)
    built_in: int = 0
    plugs: int = 0
    asked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._results = _Tail(self.run_dir / rundir.RESULTS)
        self._console_bytes = 0
        self._last_word = self.start
        self._lost_s = 0.0  # of the machine's time, until that
        self._uptime_s: float | None = None
        self._suite = ""
        self._suites_done = 0
        self._cut_short = False

    def look(self, now: float) -> str:
        """ "" as long as all is well, else why this machine must be stopped.

        Raises InfrastructureError if the run directory is gone or its disk is full.
        """
        self.host.look(now, self._suite)
        for line in self._results.lines():
            self._spoke(now)
            self._heard(line, now - self.start)
        self._must_have_room()
        flooded = self._flooded()
        if flooded:
            return flooded
        size = _size(self.run_dir / rundir.CONSOLE)
        if self.phase == "boot" and size > self._console_bytes:
            self._console_bytes = size
            self._spoke(now)
        return self._overdue(now)

    def _overdue(self, now: float) -> str:
        deadlines = self.deadlines.boot_scaled(self.host.factor).scaled(self.factor)
        all_s = deadlines.boot_all_s + self.built_in * deadlines.step_s
        if self.phase != "boot":
            # Of all steps: two messages a suite and a part, and a few before and after them.
            all_s += (2 * (self.suites + self.plugs) + 10) * deadlines.step_s + deadlines.session_s
        if self._over(now - self.start, self.host.lost_s, all_s):
            if self.phase == "boot":
                return f"init did not begin within {all_s:.0f} s"
            return f"it went on for {all_s:.0f} s, always with something to say"
        boot_s = max(deadlines.boot_s, deadlines.step_s) if self.built_in else deadlines.boot_s
        limits = {"boot": boot_s, "suites": deadlines.step_s, "stop": deadlines.stop_s}
        limit_s, silent_s = limits[self.phase], now - self._last_word
        lost_s = self.host.lost_s - self._lost_s
        if self._over(silent_s, lost_s, limit_s):
            had = f", of which the machine had {silent_s - lost_s:.0f} s" if lost_s >= 1 else ""
            return f"nothing heard for {silent_s:.0f} s in phase {self.phase}{had}"
        return ""

    def _over(self, passed_s: float, lost_s: float, limit_s: float) -> bool:
        """Has the machine had that long, or is there no more to hope for?"""
        over = passed_s - min(lost_s, PATIENCE * limit_s) > limit_s
        self._cut_short = over and passed_s - lost_s <= limit_s
        return over

    def host_time(self) -> HostTime:
        """What the host was like until the last look."""
        return replace(
            self.host.result(self.limit_s),
            silent_s=round(self.host.looked - self._last_word, 3),
            uptime_s=self._uptime_s,
            cut_short=self._cut_short,
        )

    def _spoke(self, now: float) -> None:
        self._last_word, self._lost_s = now, self.host.lost_s

    def _flooded(self) -> str:
        for name in self.channels:
            limit = RESULTS_LIMIT_BYTES if name == rundir.RESULTS else WHOLE_BYTES
            if _size(self.run_dir / name) > limit:
                return f"{Path(name).stem} flooded: over {limit >> 20} MiB"
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
            # A boot that ran suites is long, and says nothing of the guest's speed.
            took_s = 0.0 if self.built_in else since_start_s - self.host.lost_s
            own = speed_factor(took_s, self.cpus)
            self.factor = self.known_factor or own
            self._uptime_s = round(_seconds(rest.split(" ")[1:2]) - since_start_s, 3)
        elif word == "speed" and self.phase == "suites":
            self._measured(rest)
        elif word == "ready" and self.phase == "boot":
            self.ready = True
        elif word == "plug" and self.phase == "suites":
            self._asked(rest.partition(" ")[0])
        elif word in ("suite-begin", "test-begin"):
            self._suite = rest.partition(" ")[0]
        elif word in ("suite-end", "test-end"):
            self._suite = ""
            self._suites_done += 1
            what = "suites" if word == "suite-end" else "tests"
            self.progress(StageProgress("boot", self._suites_done, self.suites, what))
        elif word == "end" and rest.startswith(self.nonce):
            self.phase = "stop"

    def _asked(self, number: str) -> None:
        """In order, each once: what the guest says is no command."""
        if number == str(len(self.asked)) and len(self.asked) < self.plugs:
            self.asked.append(int(number))

    def _measured(self, rest: str) -> None:
        """What rootfs/steps/45-core.sh says of the guest's speed and limits."""
        words = rest.split(" ")
        if len(words) == 3 and all(_SMALL.fullmatch(word) for word in words):
            # At best: what the host takes from the machine is told from outside.
            self.factor = max(self.factor, bounded(int(words[0]) / 100))
            self.limit_s = float(words[2])


def _seconds(words: Sequence[str]) -> float:
    """Of a guest's uptime as it says it; 0 for what is none."""
    try:
        return float(words[0])
    except (LookupError, ValueError):
        return 0.0


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
