# SPDX-License-Identifier: GPL-2.0-only
"""Setups of a shrink, booted as `orchestrate boot` does."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.config.fragments import BASE, check_sees, combine
from orchestrator.edge import rundir
from orchestrator.edge.kernel_request import kernel_key
from orchestrator.edge.store import Store
from orchestrator.judge.shrink import outcome
from orchestrator.model import rundir as names
from orchestrator.model.errors import (
    BuildBroken,
    InfrastructureError,
    UsageError,
)
from orchestrator.model.job import KernelConfig, Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress, ProgressEvent
from orchestrator.model.shrink import Outcome, Setup, Target, Trial
from orchestrator.workflow.boot import RUN_MIB, blank, save
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.boot_ready import boot_ready
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.ready import build_ready, kernel_request

NOT_BUILT = "its kernel is not built; --build builds it"
KUNIT = "lib/kunit/executor.c"
_FILTER = re.compile(r"module_param_named\(filter_glob,[^)]*,\s*0[267]\d\d\)")  # root may write
_TO_REPLAY = (names.INITRD, names.JOB, names.REPLAY)  # kept of runs that failed in the same way


class Sources(Struct, frozen=True):
    """What all kernels of a shrink are built from: those of the run."""

    tree: Tree
    patches: tuple[Path, ...] = ()  # as they were applied
    mails: tuple[PatchMail, ...] = ()  # the same, for their names

    @property
    def takes_cases(self) -> bool:
        """Can KUnit be told, once it runs, which case of a module is to run?"""
        try:
            text = (self.tree.path / KUNIT).read_text(errors="replace")
        except OSError:
            return False
        return _FILTER.search(text) is not None


class BootRunner:
    """A Runner (workflow/shrink.py). build: kernels that are not in the store, too."""

    def __init__(
        self,
        job: BootJob,
        sources: Sources,
        target: Target,
        store: Store,
        folder: Path,
        progress: Progress,
        *,
        build: bool,
    ) -> None:
        self._job = replace(job, autopsy=False)
        self._sources, self._target, self._store = sources, target, store
        self._folder, self._progress, self._build = folder, _notes_once(progress), build
        self._ready: dict[tuple[str, ...], Ready] = {}
        self._broken: dict[tuple[str, ...], str] = {}

    def refused(self, setup: Setup) -> str:
        try:
            check_sees(configured(setup.config, self._job.config), setup.topology)
        except UsageError as error:
            return error.message
        if setup.config in self._ready or setup.config in self._broken or self._build:
            return self._broken.get(setup.config, "")
        job = replace(self._job, config=configured(setup.config, self._job.config))
        key = kernel_key(kernel_request(job, self._sources.tree, self._sources.patches))
        return "" if (self._store.folder("kernels") / key).is_dir() else NOT_BUILT

    def ready(self, config: tuple[str, ...]) -> Ready:
        """Kernel and modules with these fragments. Raises as build_ready()."""
        if config not in self._ready:
            folder = self._folder / f"kernel-{len(self._ready) + len(self._broken) + 1}"
            rundir.discard(folder)
            folder.mkdir(parents=True)
            job = replace(self._job, config=configured(config, self._job.config))
            sources = self._sources
            self._ready[config] = build_ready(
                job, sources.tree, sources.mails, sources.patches, self._store, folder,
                self._progress,
            )  # fmt: skip
        return self._ready[config]

    def run(self, setup: Setup, number: int) -> Trial:
        began_s = time.monotonic()
        try:
            ready = self.ready(setup.config)
        except (BuildBroken, UsageError) as error:
            self._broken[setup.config] = error.message
            return Trial(setup, Outcome.OTHER, "", error.message, _since(began_s))
        folder = self._folder / f"run-{number:03}"
        rundir.discard(folder)  # what an interrupted one left
        folder.mkdir(parents=True)
        rundir.need_room(folder, RUN_MIB, "a run")
        job = replace(
            self._job,
            config=configured(setup.config, self._job.config),
            topology=setup.topology,
            suites=setup.suites,
            case=setup.case,
        )
        clock = Clock(self._progress)
        try:
            result = boot_ready(job, ready, clock, blank(job, folder))
        except InfrastructureError as error:
            return Trial(setup, Outcome.UNKNOWN, str(folder), error.message, _since(began_s))
        except KeyboardInterrupt:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        save(replace(result, stages=tuple(clock.stages), notes=tuple(clock.notes)))
        word, said = outcome(self._target, result)
        if word is not Outcome.SAME:
            for name in _TO_REPLAY:
                (folder / name).unlink(missing_ok=True)
        return Trial(setup, word, str(folder), said, _since(began_s))


def configured(fragments: tuple[str, ...], like: KernelConfig) -> KernelConfig:
    """With these beyond base, for the toolchain of like. UsageError as combine()."""
    return combine(",".join(fragments) or BASE, like.toolchain)


def _since(began_s: float) -> float:
    return round(time.monotonic() - began_s, 3)


def _notes_once(progress: Progress) -> Progress:
    """What each run would say again is said once."""
    said: set[str] = set()

    def passed_on(event: ProgressEvent) -> None:
        if isinstance(event, Note):
            if event.text in said:
                return
            said.add(event.text)
        progress(event)

    return passed_on
