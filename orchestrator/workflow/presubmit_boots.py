# SPDX-License-Identifier: GPL-2.0-only
"""Boots of a presubmit: each kernel and choice of suites once, and what was proven is not again."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from msgspec.structs import replace

from orchestrator.edge import accelerator, guest, rundir
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.presubmit_memory import Memory
from orchestrator.edge.suite_reach import touched_suites
from orchestrator.judge.presubmit import of_run
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import RunResult
from orchestrator.model.presubmit import Mark
from orchestrator.model.progress import silent
from orchestrator.model.verdict import Verdict
from orchestrator.workflow.bisect_probe import identity
from orchestrator.workflow.boot import RUN_MIB, blank, failed, save
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.boot_ready import boot_ready
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.presubmit_range import Range
from orchestrator.workflow.series_resume import finished_run

EACH = range(1, 4)  # runs, as many as compare makes where the machine failed us
FIRST, LATER = EACH[:1], EACH[1:]
RUN = "run"  # in a step's folder; a link, if it was run before


def tools_key() -> str:
    """Over what runs depend on besides kernel, module and job."""
    return digest("1", guest.image(), accelerator.qemu_stamp())


@dataclass
class Boots:
    """Called from one thread at a time, but for `stop`."""

    memory: Memory
    tools: str
    stop: Event = field(default_factory=Event)
    _done: dict[tuple[str, str], tuple[str, Mark]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self, job: BootJob, ready: Ready, folder: Path, name: str, attempts: range = EACH
    ) -> Mark:
        """One boot, into folder/run; another one each time the host fails, which says nothing of
        the kernel. name: of the step, for others with the same kernel."""
        key = boot_key(job, ready, self.tools)
        same = (identity(ready), _asked(job))
        with self._lock:
            if same in self._done:
                other, mark = self._done[same]
                return replace(mark, said=f"same kernel as {other}: {mark.said}", took_s=0.0)
        known = self._before(key, folder) if attempts.start == 1 else None
        mark = known or self._until_told(job, ready, folder, attempts)
        if mark.verdict is Verdict.PASS and not mark.before:
            self.memory.prove(key, Path(mark.run_dir))
        if mark.verdict is not Verdict.INFRASTRUCTURE:
            with self._lock:
                self._done[same] = (name, mark)
        return mark

    def knows(self, job: BootJob, ready: Ready) -> bool:
        """Was it proven before, as it seems? Then to ask again costs next to nothing."""
        same = (identity(ready), _asked(job))
        return same in self._done or boot_key(job, ready, self.tools) in self.memory.proven

    def _before(self, key: str, folder: Path) -> Mark | None:
        """Of a run that proved it, judged anew."""
        known = self.memory.proven.get(key)
        found = finished_run(known) if known else None
        if not known or not found or found[0].verdict is not Verdict.PASS:
            return None
        (folder / RUN).symlink_to(known)
        return of_run(found[0], 0.0, before=found[1])

    def _until_told(self, job: BootJob, ready: Ready, folder: Path, attempts: range) -> Mark:
        for attempt in attempts:
            mark = self._boot(job, ready, folder / (RUN if attempt == 1 else f"{RUN}-{attempt}"))
            if mark.verdict is not Verdict.INFRASTRUCTURE or self.stop.is_set():
                break
        return replace(mark, said=f"{mark.said}, in run {attempt}") if attempt > 1 else mark

    def _boot(self, job: BootJob, ready: Ready, run_dir: Path) -> Mark:
        began_s = time.monotonic()
        run_dir.mkdir()
        clock = Clock(silent)
        result: RunResult = blank(job, run_dir)
        try:
            rundir.need_room(run_dir, RUN_MIB, "a run")
            result = boot_ready(job, ready, clock, result, self.stop)
        except OrchestrateError as error:
            result = failed(result, error)
        result = replace(result, stages=tuple(clock.stages), notes=tuple(clock.notes))
        if run_dir.is_dir():
            save(result)
        return of_run(result, round(time.monotonic() - began_s, 2))


def boot_key(job: BootJob, ready: Ready, tools: str) -> str:
    """Over all that such a boot depends on."""
    return digest(tools, ready.kernel.key, ready.module.key, ready.machine.name, _asked(job))


def _asked(job: BootJob) -> str:
    # Paths, sources and how it is to be shown are no part of it.
    plain = replace(
        job, tree=None, kmods=(), jobs=0, run_dir=None, command=(), mails=(), patches=()
    )
    return repr(plain)


def suites_of(
    asked: tuple[str, ...], found: Range, number: int, ready: Ready
) -> tuple[tuple[str, ...], str]:
    """Those that a step's diff touches; of the last step, those that the whole range does.

    asked: by the user, who knows better. () stands for all. With the reason, in words.
    """
    if asked:
        return asked, "suites as asked"
    last = number == found.steps[-1].number
    files: set[str] = set()
    for step in found.steps if last else (found.steps[number - 1],):
        if step.files is None:
            return (), "all suites: a merge, or it changes too much to tell"
        files |= set(step.files)
    return touched_suites(sorted(files), ready.kernel, ready.module)
