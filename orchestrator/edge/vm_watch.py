# SPDX-License-Identifier: GPL-2.0-only
"""Watches a guest from outside: its results file, the growth of its channels, and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model import rundir
from orchestrator.model.progress import Progress, StageProgress
from orchestrator.plan.deadlines import Deadlines, speed_factor

LIMIT_BYTES = 256 << 20  # a guest that fills a channel with more than this is stopped
RESULTS_LIMIT_BYTES = 16 << 20  # of init's own words, of which a run has some kilobytes


@dataclass
class Watch:
    """What the guest has said so far, and whether it has been silent for too long.

    nonce, cpus, suites: of the run. deadlines: unscaled; scaled once the boot has shown how
    fast the guest is. start: time.monotonic() of QEMU's start. boot_s: that to init's begin
    marker, None before it. ready: init waits for its job. known_factor: of a machine that goes
    on from a kept state, whose boot told it; 0: this boot will tell. channels: names of the
    files in run_dir that may not grow beyond all measure.
    """

    run_dir: Path
    nonce: str
    cpus: int
    suites: int
    deadlines: Deadlines
    progress: Progress
    start: float
    phase: str = "boot"
    boot_s: float | None = None
    factor: float = 1.0
    ready: bool = False
    known_factor: float = 0.0
    channels: tuple[str, ...] = (rundir.CONSOLE, rundir.RESULTS)

    def __post_init__(self) -> None:
        self._results = _Tail(self.run_dir / rundir.RESULTS)
        self._console = self.run_dir / rundir.CONSOLE
        self._console_bytes = 0
        self._last_word = self.start
        self._suites_done = 0

    def look(self, now: float) -> str:
        """ "" as long as all is well, else why this machine must be stopped."""
        for line in self._results.lines():
            self._last_word = now
            self._heard(line, now - self.start)
        flooded = self._flooded()
        if flooded:
            return flooded
        size = _size(self._console)
        deadlines = self.deadlines
        if self.phase == "boot":
            if size > self._console_bytes:
                self._console_bytes, self._last_word = size, now
            if now - self.start > deadlines.boot_all_s:
                return f"init did not begin within {deadlines.boot_all_s:.0f} s"
        elif now - self.start > self._all_s():
            return f"it went on for {self._all_s():.0f} s, always with something to say"
        limits = {"boot": deadlines.boot_s, "suites": deadlines.step_s, "stop": deadlines.stop_s}
        limit_s = limits[self.phase]
        if now - self._last_word > limit_s:
            return f"nothing heard for {limit_s:.0f} s in phase {self.phase}"
        return ""

    def _flooded(self) -> str:
        for name in self.channels:
            limit = RESULTS_LIMIT_BYTES if name == rundir.RESULTS else LIMIT_BYTES
            if _size(self.run_dir / name) > limit:
                return f"{name} flooded: over {limit >> 20} MiB"
        return ""

    def _all_s(self) -> float:
        """What all steps may take: two messages a suite, and a few before and after them."""
        return self.deadlines.boot_all_s + (2 * self.suites + 10) * self.deadlines.step_s

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
        except FileNotFoundError:
            return []
        self.offset += len(new)
        *whole, self.rest = (self.rest + new).split(b"\n")
        return [line.decode(errors="replace") for line in whole]
