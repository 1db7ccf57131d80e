# SPDX-License-Identifier: GPL-2.0-only
"""The course of a presubmit: the telling answers first, each told when it is ready.

Kernels are built one after the other here; meanwhile a thread boots those that are built, and
another one asks checkpatch and the compiler.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import checkpatch
from orchestrator.edge.presubmit_memory import Memory
from orchestrator.edge.store import Store
from orchestrator.judge.presubmit import of_broken
from orchestrator.model.errors import BuildBroken, InfrastructureError, OrchestrateError, UsageError
from orchestrator.model.presubmit import Check, Mark, Presubmit, left_out
from orchestrator.model.progress import Note
from orchestrator.model.verdict import Verdict
from orchestrator.plan.presubmit import Budget, Work, in_order
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.clock import Clock, now
from orchestrator.workflow.presubmit_boots import FIRST, LATER, Boots, suites_of, tools_key
from orchestrator.workflow.presubmit_full import Full
from orchestrator.workflow.presubmit_job import TIME, PresubmitJob
from orchestrator.workflow.presubmit_kernels import BASE, Kernels
from orchestrator.workflow.presubmit_paper import Compilers, Warned, paper, warnings_mark
from orchestrator.workflow.presubmit_range import Planned, Range
from orchestrator.workflow.presubmit_told import Told


@dataclass
class Course:
    job: PresubmitJob
    found: Range
    folder: Path
    store: Store
    memory: Memory
    clock: Clock
    began_s: float
    started_at: str = field(default_factory=now)

    def __post_init__(self) -> None:
        job, found = self.job, self.found
        # Each kernel is booted once: to keep its state would cost more than it saves.
        self.boot = replace(job.boot, tree=None, cold=True)
        self.kernels = Kernels(self.boot, found, self.folder, self.store)
        self.boots = Boots(self.memory, tools_key())
        self.budget = Budget(self.began_s + job.budget_s if job.budget_s else None)
        for work, took_s in self.memory.took:
            if work in {each.value for each in Work}:
                self.budget.learn(Work(work), took_s)
        self.told = Told(tuple(step.number for step in found.steps), self.clock)
        self.warned: dict[int, Warned] = {}
        self.waiting = 0  # boots
        self.again: list[tuple[int, Ready, BootJob, str]] = []
        self.at_base: Mark | None = None
        self.machine: Ready | None = None
        self.full = Full(
            job, found, self.kernels, self.boots, self.budget, self.memory, self.store, self.clock
        )

    def run(self) -> None:
        """All of it, in the order that plan/presubmit.py gives the reasons for."""
        steps = self.found.steps
        self.clock(Note(f"base {self.found.base.name[:12]}: {self.found.why_base}"))
        commits = [step.number for step in steps if step.name]
        order = in_order([step.number for step in steps], commits[-1] if commits else 0)
        with self._threads() as (side, machine):
            papers = [side.submit(self._timed, Work.CHECKPATCH, self._paper, s) for s in steps]
            boots: list[Future[None]] = []
            compiled: list[Future[None]] = []
            for place, number in enumerate(order):
                ready = self._build(number)
                if ready:
                    boots += self._to_boot(number, ready, machine)
                compiled = compiled or self._compile(order, side)
                if not place:
                    self._base_kernel()
                    compiled = compiled or self._compile(order, side)
                self._warnings(order[place + 1 :])
            _all([*papers, *compiled])
            self._warnings()
            _all(boots)
            _all([machine.submit(self._boot, *each, LATER) for each in self.again])
            self._base_boot(machine)
            self.full.run(machine, commits[-1] if commits else 0)

    @contextmanager
    def _threads(self) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
        """Leaving early ends a machine that runs."""
        side = ThreadPoolExecutor(1, thread_name_prefix="paper")
        machine = ThreadPoolExecutor(1, thread_name_prefix="vm")
        try:
            yield side, machine
        except BaseException:
            self.boots.stop.set()
            raise
        finally:
            for pool in (side, machine):
                pool.shutdown(wait=True, cancel_futures=True)

    def _step(self, number: int) -> Planned:
        return self.kernels.step(number)

    def _timed(self, work: Work, do: Callable[[Planned], Mark], step: Planned) -> None:
        """What a thread does for one step; its mark, or that there is no time for it."""
        began_s = time.monotonic()
        if not self.budget.allows(began_s, work):
            self.told.put(step.number, Check.CHECKPATCH, left_out(TIME))
            return
        try:
            mark = do(step)
        except OrchestrateError as error:
            mark = Mark(Verdict.INFRASTRUCTURE, error.message)
        self._learn(work, began_s)
        self.told.put(step.number, Check.CHECKPATCH, mark)

    def _learn(self, work: Work, began_s: float) -> None:
        took_s = time.monotonic() - began_s
        self.budget.learn(work, took_s)
        self.memory.learn(work.value, took_s)

    def _paper(self, step: Planned) -> Mark:
        if not hasattr(self, "_git_dir"):
            self._git_dir = checkpatch.git_dir(self.found.repository)
        return paper(step, self.found, self.kernels, self._git_dir, strict=self.job.strict)

    def _build(self, number: int) -> Ready | None:
        began_s = time.monotonic()
        works = () if self.kernels.cached(number) else (Work.BUILD,)
        if not self.budget.allows(began_s, *works):
            for check in (Check.BUILD, Check.BOOT):
                self.told.put(number, check, left_out(TIME))
            return None
        try:
            ready = self.kernels.ready(number, self.clock)
        except (BuildBroken, UsageError) as error:
            self.told.put(number, Check.BUILD, of_broken(error))
            self.told.put(number, Check.BOOT, left_out("it does not build"))
            return None
        except InfrastructureError as error:  # others may have more luck
            self.told.put(number, Check.BUILD, Mark(Verdict.INFRASTRUCTURE, error.message))
            self.told.put(number, Check.BOOT, left_out("it could not be built"))
            return None
        if not ready.kernel.cached:
            self._learn(Work.BUILD, began_s)
        self.machine = self.machine or ready
        took_s = round(time.monotonic() - began_s, 2)
        said = "in the cache" if ready.kernel.cached else f"{took_s:.0f} s"
        self.told.put(number, Check.BUILD, Mark(Verdict.PASS, said, took_s=took_s))
        return ready

    def _to_boot(
        self, number: int, ready: Ready, machine: ThreadPoolExecutor
    ) -> Iterator[Future[None]]:
        """Its boot as a future, if there is time for it."""
        suites, why = suites_of(self.boot.suites, self.found, number, ready)
        job = replace(self.boot, suites=suites)
        ahead_s = self.waiting * self.budget.expects(Work.BOOT)
        known = self.boots.knows(job, ready)
        if not known and not self.budget.allows(time.monotonic(), Work.BOOT, ahead_s=ahead_s):
            self.told.put(number, Check.BOOT, left_out(TIME))
            return
        self.waiting += 1
        yield machine.submit(self._boot, number, ready, job, why)

    def _base_kernel(self) -> None:
        """What the first commit is compared with; if it does not build, nothing is."""
        works = () if self.kernels.cached(BASE) else (Work.BUILD,)
        if not self.budget.allows(time.monotonic(), *works):
            return
        try:
            self.kernels.ready(BASE, self.clock)
        except OrchestrateError as error:
            self.clock(Note(f"base could not be built: {error.message}"))

    def _compile(self, order: Sequence[int], side: ThreadPoolExecutor) -> list[Future[None]]:
        """Asks compilers about every step, as soon as some kernel is there to have them from."""
        ready = self.kernels.any_built()
        if not ready:
            return []
        compilers = Compilers(self.kernels, ready.kernel)
        return [side.submit(self._warned, self._step(each), compilers) for each in order]

    def _warned(self, step: Planned, compilers: Compilers) -> None:
        began_s = time.monotonic()
        if not self.budget.allows(began_s, Work.WARNINGS):
            return
        try:
            self.warned[step.number] = compilers.warned(step)
        except OrchestrateError as error:
            mark = Mark(Verdict.INFRASTRUCTURE, error.message)
            self.told.put(step.number, Check.WARNINGS, mark)
            return
        self._learn(Work.WARNINGS, began_s)

    def _warnings(self, coming: Sequence[int] | None = None) -> None:
        """Of the steps of which all is known. coming: steps that are still to be built; None: all
        that can be known is."""
        for step in self.found.steps:
            warned = self.warned.get(step.number)
            if self.told.has(step.number, Check.WARNINGS):
                continue
            if coming is not None:
                below = next(self.kernels.ancestors(step.number))
                if not warned or step.number in coming or below in coming:
                    continue
            mark = warnings_mark(step, warned or Warned(), self.kernels)
            self.told.put(step.number, Check.WARNINGS, mark)

    def _boot(
        self, number: int, ready: Ready, job: BootJob, why: str, attempts: range = FIRST
    ) -> None:
        """Where the host failed, it may be what we build meanwhile: so once more when we do not."""
        began_s = time.monotonic()
        mark = self.boots.run(job, ready, self.kernels.folder(number), f"{number}", attempts)
        if mark.took_s:
            self._learn(Work.BOOT, began_s)
        self.waiting -= attempts is FIRST
        if mark.verdict is Verdict.INFRASTRUCTURE and attempts is FIRST:
            self.clock(Note(f"{number} boot: once more, later: {mark.said}"))
            self.again.append((number, ready, job, why))
            return
        self.told.put(number, Check.BOOT, replace(mark, said=f"{mark.said} ({why})"))

    def _base_boot(self, machine: ThreadPoolExecutor) -> None:
        """Where a boot is not green: is it so without the range?"""
        red = [mark for mark in self.told.marks(Check.BOOT) if mark.red]
        base = self.kernels.built(BASE)
        if not red or not base or not self.budget.allows(time.monotonic(), Work.BOOT):
            return
        self.clock(Note("a boot is not green: base is booted, too"))
        folder = self.kernels.folder(BASE)
        self.at_base = machine.submit(self.boots.run, self.boot, base, folder, "base").result()
        self.clock(Note(f"base: {self.at_base.verdict.value if self.at_base.verdict else '-'}: "
                        f"{self.at_base.said}"))  # fmt: skip

    def result(self, *, interrupted: bool = False) -> Presubmit:
        """As far as it has come."""
        job, found = self.job, self.found
        why = "interrupted" if interrupted else "not reached"
        return Presubmit(
            tree=str(found.repository),
            base=found.base.name,
            head=found.head.name,
            why_base=found.why_base,
            command=job.boot.command,
            started_at=self.started_at,
            run_dir=str(self.folder),
            config=job.boot.config.label,
            topology=job.boot.topology.name,
            strict=job.strict,
            steps=tuple(self.told.step(step, why) for step in found.steps),
            full=self.full.marks(why),
            at_base=self.at_base,
            compared=self.full.compared,
            accelerator=self.machine.machine if self.machine else None,
            kernel_release=self.machine.kernel.release if self.machine else "",
            stages=tuple(self.clock.stages),
            untracked=found.untracked,
            notes=tuple(self.clock.notes),
            took_s=round(time.monotonic() - self.began_s, 1),
            interrupted=interrupted,
        )


def _all(futures: list[Future[None]]) -> None:
    """Wait for them; what went wrong in one is raised here."""
    for future in futures:
        future.result()
