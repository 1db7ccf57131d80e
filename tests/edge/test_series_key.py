# SPDX-License-Identifier: GPL-2.0-only
"""What makes a series another one, whose runs say nothing of this one."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from orchestrator.config.source_spec import DefaultSource
from orchestrator.model.job import KernelConfig, Option, Tree
from orchestrator.model.patch import PatchMail, PatchSeries
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.deadlines import Deadlines
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.series_resume import series_key

TREE = Tree(Path("/tree"), "key", "7.3.4", "origin")
SERIES = PatchSeries((PatchMail("p1", "--- a"), PatchMail("p2", "--- b")), "given")


def test_the_key_is_all_that_its_runs_depend_on(tmp_path: Path) -> None:
    suites = tmp_path / "kmod"
    suites.mkdir()
    (suites / "my_test.c").write_text("/* one */\n")
    job = BootJob(
        KernelConfig(("numa",), ()), Topology("t", "", (Node(0, (0,), 64),), ()), None,
        DefaultSource(), kmods=(suites,),
    )  # fmt: skip

    def key(job: BootJob = job, series: PatchSeries = SERIES, tree: Tree = TREE) -> str:
        return series_key(job, series, tree)

    first = key()
    same = replace(job, run_dir=tmp_path, command=("orchestrate", "series"), jobs=7)
    assert key() == key(same) == first
    option = Option("CONFIG_NUMA", "y", "f", 1)
    others = {
        key(tree=replace(TREE, key="other")),
        key(series=PatchSeries(SERIES.patches[:1], "given")),
        key(series=PatchSeries((PatchMail("p1", "--- c"), *SERIES.patches[1:]), "given")),
        key(replace(job, config=KernelConfig(("numa",), (option,)))),
        key(replace(job, topology=Topology("t", "", (Node(0, (0, 1), 64),), ()))),
        key(replace(job, suites=("create",))),
        key(replace(job, cold=True)),
        key(replace(job, deadlines=Deadlines(step_s=7))),
    }
    (suites / "my_test.c").write_text("/* two */\n")
    assert len({first, key(), *others}) == 10
