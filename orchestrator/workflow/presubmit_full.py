# SPDX-License-Identifier: GPL-2.0-only
"""The last commit of a presubmit in full: other configurations, and the comparison with base."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec.structs import replace

from orchestrator.config.source_spec import GitRef
from orchestrator.edge.commits import between, message_of
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.kernel_request import family
from orchestrator.edge.presubmit_memory import Memory
from orchestrator.edge.store import Store
from orchestrator.judge.compare.claim import claimed
from orchestrator.judge.presubmit import of_broken, of_comparison
from orchestrator.model import rundir as names
from orchestrator.model.compare import CompareResult
from orchestrator.model.errors import BuildBroken, InfrastructureError, UsageError
from orchestrator.model.job import KernelConfig
from orchestrator.model.patch import PatchSeries
from orchestrator.model.presubmit import FullMark, Mark, left_out
from orchestrator.model.progress import Progress
from orchestrator.model.verdict import Verdict
from orchestrator.plan.presubmit import Budget, Work
from orchestrator.workflow.compare import CompareJob, run_compare
from orchestrator.workflow.presubmit_boots import Boots
from orchestrator.workflow.presubmit_job import TIME, PresubmitJob
from orchestrator.workflow.presubmit_kernels import Kernels
from orchestrator.workflow.presubmit_range import Range
from orchestrator.workflow.presubmit_told import tell
from orchestrator.workflow.ready import make_ready

COMPARE = "compare with base"
PAIRS, MOST_PAIRS = 2, 6


class Full:
    """Its marks by name, in the order of the report. compared: what the comparison found."""

    def __init__(
        self,
        job: PresubmitJob,
        found: Range,
        kernels: Kernels,
        boots: Boots,
        budget: Budget,
        memory: Memory,
        store: Store,
        progress: Progress,
    ) -> None:
        self._job, self._found, self._kernels = job, found, kernels
        self._boots, self._budget, self._memory = boots, budget, memory
        self._store, self._progress = store, progress
        self._marks: dict[str, Mark] = {}
        self.compared: CompareResult | None = None

    @property
    def _names(self) -> tuple[str, ...]:
        return (*(config.label for config in self._job.full_configs), COMPARE)

    def marks(self, why: str) -> tuple[FullMark, ...]:
        """All that belong to it; why: of those that did not come."""
        if not any(step.name for step in self._found.steps):
            return ()
        missing = left_out(why)
        return tuple(FullMark(name, self._marks.get(name, missing)) for name in self._names)

    def run(self, machine: ThreadPoolExecutor, number: int) -> None:
        """number: of the last commit; 0 if there is none."""
        if not number:
            return
        why = "--quick" if self._job.quick else ""
        if number in self._kernels.broken:
            why = "the last commit does not build"
        if why:
            for name in self._names:
                self._marks[name] = left_out(why)
            return
        boots: list[Future[None]] = []
        for config in self._job.full_configs:
            self._configured(config, number, machine, boots)
        for boot in boots:
            boot.result()
        self._compare()

    def _put(self, name: str, mark: Mark) -> None:
        self._marks[name] = mark
        tell(self._progress, name, mark)

    def _configured(
        self,
        config: KernelConfig,
        number: int,
        machine: ThreadPoolExecutor,
        boots: list[Future[None]],
    ) -> None:
        """Built here; booted meanwhile."""
        began_s = time.monotonic()
        waiting = sum(not boot.done() for boot in boots)
        ahead_s = waiting * self._budget.expects(Work.BOOT)
        work = Work.BOOT if self._kernels.cached(number, config) else Work.CONFIG
        if not self._budget.allows(began_s, work, ahead_s=ahead_s):
            self._put(config.label, left_out(TIME))
            return
        folder = self._kernels.folder(number) / config.label
        folder.mkdir()
        job = replace(self._job.boot, tree=None, cold=True, config=config)
        tree = self._kernels.tree(number, self._progress)
        try:
            ready = make_ready(job, tree, (), self._store, folder, self._progress)
        except (BuildBroken, UsageError) as error:
            self._put(config.label, of_broken(error))
            return
        except InfrastructureError as error:
            self._put(config.label, Mark(Verdict.INFRASTRUCTURE, error.message))
            return

        def boot() -> None:
            mark = self._boots.run(job, ready, folder, config.label)
            if mark.took_s:
                took_s = time.monotonic() - began_s
                self._budget.learn(Work.CONFIG, took_s)
                self._memory.learn(Work.CONFIG.value, took_s)
            self._put(config.label, mark)

        boots.append(machine.submit(boot))

    def _compare(self) -> None:
        found, job = self._found, self._job
        base, head = found.base, found.head
        if base.tree == head.tree:
            self._put(COMPARE, Mark(None, "the commits together change nothing"))
            return
        key = digest(
            "compare", self._boots.tools, base.tree, head.tree, family(job.compare.config),
            repr(job.compare.topology), repr(job.compare.suites),
        )  # fmt: skip
        before = self._proven(key)
        if before:
            self.compared = before
            mark = of_comparison(before, strict=job.strict)
            self._put(COMPARE, replace(mark, before=before.started_at, took_s=0.0))
            return
        if not self._budget.allows(time.monotonic(), Work.COMPARE):
            self._put(COMPARE, left_out(TIME))
            return
        mail = between(found.repository, base.name, head.name)
        messages = [message_of(found.repository, each.name) for each in found.commits[1:]]
        # What one of several says of itself is no claim about all of them.
        if not all(claimed((message,)) for message in messages):
            mail = replace(mail, body="")
        boot = replace(job.compare, tree=None, source=GitRef(str(found.repository), base.name))
        cells = ((boot.config, boot.topology),)
        folder = Path(self._kernels.folder(0)).parent / "compare"
        series = PatchSeries((mail,), mail.name)
        asked = CompareJob(boot, series, cells, PAIRS, MOST_PAIRS, folder)
        self.compared = run_compare(asked, self._progress)
        self._budget.learn(Work.COMPARE, self.compared.took_s)
        self._memory.learn(Work.COMPARE.value, self.compared.took_s)
        mark = of_comparison(self.compared, strict=job.strict)
        if mark.green:
            self._memory.prove(key, folder)
        self._put(COMPARE, mark)

    def _proven(self, key: str) -> CompareResult | None:
        """What an earlier comparison of the same found."""
        folder = self._memory.proven.get(key)
        try:
            document = json.loads((folder / names.COMPARE).read_text()) if folder else {}
            return msgspec.convert({**document, "word": document["verdict"]}, CompareResult)
        except (OSError, ValueError, KeyError, msgspec.ValidationError):
            return None
