# SPDX-License-Identifier: GPL-2.0-only
"""Saves lead to results: real git, real files, real events; what would be built is written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trees

from orchestrator.config.source_spec import parse_source_spec
from orchestrator.model.errors import UsageError
from orchestrator.model.job import KernelConfig
from orchestrator.model.presubmit import Presubmit
from orchestrator.model.progress import silent
from orchestrator.model.topology import Topology
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.presubmit_job import PresubmitJob
from orchestrator.workflow.presubmit_range import find_range
from orchestrator.workflow.presubmit_watch import watched

FILE = "kernel/kthread.c"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return trees.repository(tmp_path / "tree")


def job(tree: Path, **other: Any) -> PresubmitJob:
    boot = BootJob(
        KernelConfig(("numa",), ()), Topology("x", "", ()), tree, parse_source_spec("default")
    )
    return PresubmitJob(boot, boot, **other)


class Runs:
    """In place of run_presubmit(): which files each was about."""

    def __init__(self) -> None:
        self.jobs: list[PresubmitJob] = []
        self.files: list[tuple[str, ...] | None] = []
        self.said: list[str] = []

    def run(self, asked: PresubmitJob) -> Presubmit:
        assert asked.boot.tree
        found = find_range(asked.boot.tree, asked.range, silent)
        self.jobs.append(asked)
        self.files.append(found.steps[-1].files)
        return Presubmit("/t", "b", "h", "", (), "", "/r", "numa", "numa4", strict=False)

    def watch(self, asked: PresubmitJob) -> Iterator[Presubmit]:
        return watched(asked, self.run, self.said.append)


def test_a_result_at_once_and_after_each_save(repository: Path) -> None:
    (repository / FILE).write_text("dirty\n")
    runs = Runs()
    results = runs.watch(job(repository))
    next(results)
    assert runs.files == [(FILE,)]
    (repository / "untracked.c").write_text("no reason\n")
    (repository / "Kbuild").write_text("# saved\n")
    next(results)
    assert runs.files[1] == ("Kbuild", FILE)
    assert "saved: Kbuild" in runs.said
    assert all(each.quick and each.with_changes for each in runs.jobs)


def test_nothing_is_uncommitted_until_something_is(repository: Path) -> None:
    runs = Runs()
    results = runs.watch(job(repository))

    def save(text: str) -> None:
        runs.said.append(text)
        if text.startswith("waiting"):
            (repository / FILE).write_text("now\n")

    results = watched(job(repository), runs.run, save)
    next(results)
    assert runs.said[:2] == ["nothing is uncommitted", "waiting for the next save; Ctrl-C ends"]
    assert runs.files == [(FILE,)]


def test_what_cannot_be_watched(repository: Path, tmp_path: Path) -> None:
    trees.git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    with pytest.raises(UsageError, match="no work tree"):
        next(Runs().watch(job(tmp_path / "bare.git")))
    with pytest.raises(UsageError, match="what is not committed"):
        next(Runs().watch(job(repository, range="a..b")))
