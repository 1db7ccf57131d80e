# SPDX-License-Identifier: GPL-2.0-only
"""The steps of a presubmit as trees and as built kernels, each made once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import source_list
from orchestrator.edge.commit_trees import commit_tree, tree_key
from orchestrator.edge.kernel_request import kernel_key
from orchestrator.edge.store import Store
from orchestrator.edge.work_tree import work_tree
from orchestrator.model.errors import BuildBroken, UsageError
from orchestrator.model.job import KernelConfig, Tree
from orchestrator.model.presubmit import Sort
from orchestrator.model.progress import Progress
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.presubmit_range import Planned, Range
from orchestrator.workflow.ready import kernel_request, make_ready

BASE = 0


class Kernels:
    """By number of the step; BASE is the commit they begin at."""

    def __init__(self, job: BootJob, found: Range, folder: Path, store: Store) -> None:
        self._job = job
        self._found = found
        self._folder = folder
        self._store = store
        self._lock = threading.Lock()
        self._trees: dict[int, Tree] = {}
        self._ready: dict[int, Ready] = {}
        self.broken: dict[int, BuildBroken | UsageError] = {}

    def step(self, number: int) -> Planned:
        return self._found.steps[number - 1]

    def folder(self, number: int) -> Path:
        """For all that is kept of a step."""
        name = "base"
        if number:
            commit = self.step(number).name
            name = f"{number:04}-{commit[:12] or 'working-tree'}"
        path = self._folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def tree(self, number: int, progress: Progress) -> Tree:
        """From any thread. Raises UsageError, InfrastructureError."""
        with self._lock:
            if number not in self._trees:
                self._trees[number] = self._make_tree(number, progress)
            return self._trees[number]

    def _make_tree(self, number: int, progress: Progress) -> Tree:
        found = self._found
        node = self.step(number).node if number else 0
        tree = commit_tree(found.repository, found.commits, node, self._store, progress)
        if not number or self.step(number).sort is not Sort.WORKING_TREE:
            return tree
        assert found.top and found.changes
        return work_tree(found.top, found.head, found.changes, self._store)

    def ready(self, number: int, progress: Progress) -> Ready:
        """Kernel and module, from the main thread. Raises BuildBroken, UsageError for an option
        that is lost (both are kept, and raised again), InfrastructureError."""
        if number in self.broken:
            raise self.broken[number]
        if number not in self._ready:
            tree = self.tree(number, progress)
            try:
                sibling = self.any_built()
                self._ready[number] = make_ready(
                    self._job,
                    tree,
                    (),
                    self._store,
                    self.folder(number),
                    progress,
                    sibling,
                    self._between(sibling, tree) if sibling else (),
                )
            except (BuildBroken, UsageError) as error:
                self.broken[number] = error
                raise
        return self._ready[number]

    def cached(self, number: int, config: KernelConfig | None = None) -> bool:
        """Is the kernel in the store, so that it costs nothing? False if only a look would tell."""
        step = self.step(number) if number else None
        if step and step.sort is Sort.WORKING_TREE:
            return False
        key = tree_key(self._found.commits[step.node if step else 0])
        job = replace(self._job, config=config) if config else self._job
        request = kernel_request(job, Tree(Path(), key, "", ""), ())
        return (self._store.folder("kernels") / kernel_key(request)).is_dir()

    def _between(self, sibling: Ready, tree: Tree) -> tuple[str, ...]:
        """Files in which its tree and this one differ; () if that is not known."""
        rows = [source_list.known(each.key, self._store) for each in (sibling.tree, tree)]
        if not all(rows):
            return ()
        return tuple(sorted({path for path, _ in rows[0].items() ^ rows[1].items()}))

    def built(self, number: int) -> Ready | None:
        """If it was built already."""
        return self._ready.get(number)

    def any_built(self) -> Ready | None:
        """The first that was: as good as any for what kernels have in common."""
        return next(iter(self._ready.values()), None)

    def ancestors(self, number: int) -> Iterator[int]:
        """Steps below one, the nearest first, BASE last."""
        while number:
            step = self.step(number)
            if step.sort is Sort.WORKING_TREE:
                number = step.node
            else:
                number = max(self._found.commits[step.node].parents, default=0)
            yield number
