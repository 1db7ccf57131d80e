# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over commits of a git tree."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge.commit_history import commits_between
from orchestrator.edge.commit_trees import commit_tree
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.bisect import BisectResult
from orchestrator.model.progress import Progress
from orchestrator.workflow.bisect_resume import BisectJob, bisect_steps
from orchestrator.workflow.boot_job import Ready
from orchestrator.workflow.ready import make_ready


def bisect_commits(job: BisectJob, progress: Progress) -> BisectResult:
    """Which commit it was. Raises UsageError if it is wrongly asked, InfrastructureError."""
    assert job.boot.tree
    repository = job.boot.tree.resolve()
    steps = commits_between(repository, job.good, job.bad)
    store = Store(cache_root())
    boot = replace(job.boot, tree=None)

    def make(node: int, folder: Path) -> Ready:
        tree = commit_tree(repository, steps, node, store, progress)
        return make_ready(boot, tree, (), store, folder, progress)

    return bisect_steps(job, steps, make, str(repository), store, progress)
