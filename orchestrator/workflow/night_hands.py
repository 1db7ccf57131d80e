# SPDX-License-Identifier: GPL-2.0-only
"""Builds and boots of a night, each with a folder that explains it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.edge.derive import link_or_copy
from orchestrator.edge.store import Store
from orchestrator.model import rundir as names
from orchestrator.model.errors import InfrastructureError, OrchestrateError, UsageError
from orchestrator.model.job import StageTime, Tree
from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Progress, silent
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.workflow.boot import blank, failed, finding_of, save, verdict_of
from orchestrator.workflow.boot_job import BootJob, Ready, side_by_side
from orchestrator.workflow.boot_ready import boot_ready
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.night_attempt import attempt
from orchestrator.workflow.night_crew import Tried
from orchestrator.workflow.night_inputs import Inputs, fetch_tree
from orchestrator.workflow.ready import make_ready

RUN_MIB = 100  # room for the files of one boot
_ODD = re.compile(r"[^A-Za-z0-9._]+")
_LONGEST = 80  # characters of a folder's name
_NUMBER = re.compile(r"(\d+)-")
_KEPT = (names.BUILD_LOG, names.DOTCONFIG)  # of a kernel, in each of its runs


@dataclass
class ReadyKernel:
    """A kernel that is ready. took_s: of the build; None: it was in the store."""

    ready: Ready
    folder: Path
    took_s: float | None
    stages: tuple[StageTime, ...]
    notes: tuple[str, ...]


@dataclass
class NightHands:
    """The hands of one night, on this machine (night_crew.Hands). folder: of the night."""

    inputs: Inputs
    store: Store
    folder: Path
    slots: int
    progress: Progress
    _built: dict[KernelName, ReadyKernel] = field(default_factory=dict)
    _tried: dict[KernelName, tuple[Path, Clock]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _count: int = 0

    def __post_init__(self) -> None:
        """Folders are numbered on from those of the night before it was interrupted."""
        numbers = (_NUMBER.match(path.name) for path in self.folder.iterdir())
        self._count = max((int(found[1]) for found in numbers if found), default=0)

    def build(self, kernel: KernelName) -> None:
        """Kernel and module."""
        began_s = time.monotonic()
        folder, clock = self._begin_build(kernel)
        tree, mails, job = self._asked(kernel, clock)
        ready = make_ready(job, tree, mails, self.store, folder, clock)
        took_s = None if ready.kernel.cached else time.monotonic() - began_s
        self._built[kernel] = ReadyKernel(
            ready, folder, took_s, tuple(clock.stages), tuple(clock.notes)
        )

    def _begin_build(self, kernel: KernelName) -> tuple[Path, Clock]:
        folder, clock = self._new(f"kernel-{slug(str(kernel))}"), Clock(self.progress)
        self._tried[kernel] = folder, clock
        return folder, clock

    def _asked(
        self, kernel: KernelName, clock: Clock
    ) -> tuple[Tree, tuple[PatchMail, ...], BootJob]:
        """Tree, patches and the rest of what is to be built. Raises what kept them from being
        there."""
        if isinstance(self.inputs.trees[kernel.tree], InfrastructureError):
            fetch_tree(self.inputs, kernel.tree, self.store, clock)
        tree = self.inputs.tree(kernel.tree)
        mails = self.inputs.patches(kernel.tree, kernel.patch)
        cell = CellKey(kernel.tree, kernel.patch, kernel.config, *self._any_machine())
        return tree, mails, self.inputs.job(cell)

    def _any_machine(self) -> tuple[str, str]:
        """A topology and suites: a build asks for neither."""
        return next(iter(self.inputs.topologies)), self.inputs.matrix.suites[0].name

    def boot(self, cell: CellKey, number: int, stop: Event) -> Tried:
        """One run. The first of a kernel that was built counts the build as its own. Of one that
        was told to end nothing is left."""
        began_s = time.monotonic()
        built = self._built[kernel_of(cell)]
        build_s = self._first_pays(built)
        folder = self._run_folder(cell, number)
        self._take_along(built.folder, folder)
        job = side_by_side(self.inputs.job(cell), self.slots)
        clock = Clock(silent)
        result = blank(job, folder)
        try:
            rundir.need_room(folder, RUN_MIB, "a run")
            result = boot_ready(job, built.ready, clock, result, stop)
        except OrchestrateError as error:
            folder.mkdir(exist_ok=True)
            result = failed(result, error)
        stages = (*built.stages, *clock.stages)
        result = replace(result, stages=stages, notes=(*built.notes, *clock.notes))
        if stop.is_set():
            rundir.discard(folder)
        else:
            save(result)
        wall_s = time.monotonic() - began_s + (build_s or 0.0)
        sources = self.inputs.sources(kernel_of(cell))
        row = attempt(result, cell, number, sources, wall_s, build_s)
        return Tried(row, result.findings)

    def _first_pays(self, built: ReadyKernel) -> float | None:
        """Seconds of the build, for the first run of the kernel."""
        with self._lock:
            build_s, built.took_s = built.took_s, None
        return build_s

    def unbuilt(self, cell: CellKey, number: int, error: OrchestrateError, took_s: float) -> Tried:
        """All cells of a kernel share the folder of its build."""
        folder, clock = self._tried[kernel_of(cell)]
        verdict, finding = verdict_of(error), finding_of(error)
        if isinstance(error, UsageError):  # an option that only this tree lacks, for one
            verdict = Verdict.INFRASTRUCTURE
            finding = Finding("run", verdict, Fault.OURS, error.message, hint=error.hint)
        result = replace(
            blank(self.inputs.job(cell), folder),
            verdict=verdict,
            findings=(finding,),
            stages=tuple(clock.stages),
            notes=tuple(clock.notes),
        )
        if not (folder / names.RUN).is_file():
            save(result)
        sources = self.inputs.sources(kernel_of(cell))
        row = attempt(result, cell, number, sources, took_s, took_s or None)
        return Tried(row, result.findings)

    def _run_folder(self, cell: CellKey, number: int) -> Path:
        parts = (str(kernel_of(cell)), cell.topology, cell.suites, str(number))
        return self._new("-".join(filter(None, map(slug, parts))))

    def _new(self, name: str) -> Path:
        """A folder in the night's, numbered as they are made."""
        while True:
            with self._lock:
                self._count += 1
                folder = self.folder / f"{self._count:03}-{name[:_LONGEST]}"
            try:
                folder.mkdir()
            except FileExistsError:  # of the night before it was interrupted
                continue
            return folder

    def _take_along(self, kernel: Path, run: Path) -> None:
        """So that each run explains itself. The same files, by further names."""
        files = [*(kernel / name for name in _KEPT), *(kernel / names.PATCHES).glob("*")]
        for file in filter(Path.is_file, files):
            target = run / file.relative_to(kernel)
            target.parent.mkdir(exist_ok=True)
            link_or_copy(str(file), str(target))


def slug(text: str) -> str:
    """As a part of a folder's name."""
    return _ODD.sub("-", text.replace("/-/", "/")).strip("-.")
