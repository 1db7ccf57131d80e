# SPDX-License-Identifier: GPL-2.0-only
"""Steps of a bisect, built and booted. What a step is made of, the caller knows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.edge.fingerprint import digest, file_digest
from orchestrator.judge.bisect.outcome import outcome
from orchestrator.model import rundir as names
from orchestrator.model.bisect import Built, Check, Outcome, Trial
from orchestrator.model.errors import BuildBroken, InfrastructureError, PatchBroken, UsageError
from orchestrator.model.job import KernelConfig, RunResult
from orchestrator.model.progress import Progress
from orchestrator.workflow.boot import RUN_MIB, blank, save
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.boot_ready import boot_ready
from orchestrator.workflow.clock import Clock

# make(node, its directory): tree, kernel and module of a step. Raises as make_ready() does.
Make = Callable[[int, Path], Ready]


class BootProbe:
    """A Probe (workflow/bisect.py). Its directory gets one for each step, called name(node), with
    build log and a directory for each run. config(node): of steps that differ in that."""

    def __init__(
        self,
        job: BootJob,
        check: Check,
        name: Callable[[int], str],
        make: Make,
        folder: Path,
        progress: Progress,
        config: Callable[[int], KernelConfig] | None = None,
    ) -> None:
        # Each run boots: what one kept state happened to be like, all that go on from it are.
        self._job = replace(job, cold=True, autopsy=False)
        self._check = check
        self._name = name
        self._make = make
        self._folder = folder
        self._progress = progress
        self._config = config
        self._ready: dict[int, Ready] = {}

    def folder(self, node: int) -> Path:
        """Of a step."""
        return self._folder / self._name(node)

    def build(self, node: int) -> Built:
        began_s = time.monotonic()
        folder = self.folder(node)
        try:
            ready = self._get(node)
        except (BuildBroken, PatchBroken, UsageError) as error:
            first = error.errors[0] if isinstance(error, BuildBroken) and error.errors else ""
            said = f"{error.message}: {first}" if first not in error.message else error.message
            took_s = round(time.monotonic() - began_s, 3)
            return Built(node, "", took_s, error=said, run_dir=str(folder))
        return Built(
            node,
            identity(ready),
            round(time.monotonic() - began_s, 3),
            cached=ready.kernel.cached,
            run_dir=str(folder),
        )

    def run(self, node: int, number: int) -> Trial:
        ready = self._get(node)
        began_s = time.monotonic()
        job = replace(self._job, config=self._config(node)) if self._config else self._job
        folder = self._free(node, number)
        rundir.discard(folder)  # what an interrupted one left
        folder.mkdir(parents=True)
        rundir.need_room(folder, RUN_MIB, "a run")
        clock = Clock(self._progress)
        try:
            result = boot_ready(job, ready, clock, blank(job, folder))
        except InfrastructureError as error:
            took_s = round(time.monotonic() - began_s, 3)
            return Trial(node, Outcome.UNKNOWN, str(folder), error.message, took_s=took_s)
        result = replace(result, stages=tuple(clock.stages), notes=tuple(clock.notes))
        save(result)
        return trial(self._check, node, result, round(time.monotonic() - began_s, 3))

    def _free(self, node: int, number: int) -> Path:
        """The directory of a run. One that said nothing may be made again, but not in the place
        of one that ended: numbers would meet."""
        while (self.folder(node) / f"run-{number}" / names.RUN).exists():
            number += 1
        return self.folder(node) / f"run-{number}"

    def _get(self, node: int) -> Ready:
        if node not in self._ready:
            folder = self.folder(node)
            folder.mkdir(parents=True, exist_ok=True)
            self._ready[node] = self._make(node, folder)
        return self._ready[node]


def identity(ready: Ready) -> str:
    """The same for the same kernel and the same modules, byte for byte."""
    modules = (ready.module.core, *(path for _, path in ready.module.suites))
    return digest(file_digest(ready.kernel.vmlinux), *map(file_digest, modules))


def trial(check: Check, node: int, result: RunResult, took_s: float) -> Trial:
    """What a judged run says."""
    said = outcome(check, result)
    names = {finding.signature for finding in result.findings if finding.signature}
    return Trial(
        node=node,
        outcome=said[0],
        run_dir=str(result.run_dir),
        said=said[1],
        verdict=result.verdict.value,
        signatures=tuple(sorted(names)),
        evidence=said[2],
        took_s=took_s,
    )
