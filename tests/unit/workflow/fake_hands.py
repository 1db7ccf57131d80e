# SPDX-License-Identifier: GPL-2.0-only
"""Hands that build and boot nothing, but keep to the contract of night_crew.Hands, and watch
what is asked of them: how many at a time, and what after what."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Event, Lock, current_thread, main_thread

from orchestrator.model.errors import InfrastructureError, OrchestrateError
from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.workflow.boot import finding_of, verdict_of
from orchestrator.workflow.night_crew import Tried

STARTED = "2026-11-25T22:00:00+00:00"


@dataclass
class FakeHands:
    """said: what each attempt at a cell comes to, then PASS. broken: what a build raises, time
    after time. boot_s, build_s: how long they take. blocking: boots last until they are told to
    end. run_dir: of all attempts."""

    said: dict[CellKey, list[Verdict | BaseException]] = field(default_factory=dict)
    broken: dict[KernelName, list[BaseException]] = field(default_factory=dict)
    boot_s: float = 0.0
    build_s: float = 0.0
    blocking: bool = False
    run_dir: str = "/runs/1"
    builds: list[KernelName] = field(default_factory=list)
    boots: list[tuple[CellKey, int]] = field(default_factory=list)
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    ready: set[KernelName] = field(default_factory=set)
    begun: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def build(self, kernel: KernelName) -> None:
        assert current_thread() is main_thread(), "Ctrl-C must reach make"
        self.builds.append(kernel)
        self._enter("build")
        time.sleep(self.build_s)
        self._leave("build")
        errors = self.broken.get(kernel)
        if errors:
            raise errors.pop(0)
        self.ready.add(kernel)

    def boot(self, cell: CellKey, number: int, stop: Event) -> Tried:
        assert kernel_of(cell) in self.ready, "its kernel is there"
        self._enter("boot")
        self.boots.append((cell, number))
        self.begun.set()
        stop.wait(20 if self.blocking else self.boot_s)
        self._leave("boot")
        said = self.said.get(cell)
        verdict = said.pop(0) if said else Verdict.PASS
        if isinstance(verdict, BaseException):
            raise verdict
        return tried(cell, verdict, number, self.run_dir)

    def unbuilt(self, cell: CellKey, number: int, error: OrchestrateError, took_s: float) -> Tried:
        return tried(cell, verdict_of(error), number, self.run_dir, finding_of(error), took_s)

    def _enter(self, what: str) -> None:
        with self._lock:
            self.now[what] += 1
            self.now["run"] += 1
            for each, count in self.now.items():
                self.most[each] = max(self.most[each], count)

    def _leave(self, what: str) -> None:
        with self._lock:
            self.now[what] -= 1
            self.now["run"] -= 1


def tried(
    cell: CellKey,
    verdict: Verdict,
    number: int = 1,
    run_dir: str = "/runs/1",
    finding: Finding | None = None,
    build_s: float = 0.0,
) -> Tried:
    """An attempt that came to this."""
    if finding is None and verdict is not Verdict.PASS:
        finding = Finding("check", verdict, Fault.KERNEL, f"it is {verdict.value}")
    attempt = Attempt(
        id=f"{cell}-{cell.suites}-{number}-{verdict.value}",
        cell=cell,
        number=number,
        started_at=STARTED,
        verdict=verdict,
        fault=finding.fault if finding else None,
        kernel_release="7.1.8",
        tree_key="tree",
        host="host",
        run_dir=run_dir,
        wall_s=1.0,
        build_s=build_s or None,
        boot_s=0.5,
        headline=finding.title if finding else "",
    )
    return Tried(attempt, (finding,) if finding else ())


def no_space() -> InfrastructureError:
    """The host's failure."""
    return InfrastructureError("no room", "orchestrate clean")
