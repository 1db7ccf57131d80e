# SPDX-License-Identifier: GPL-2.0-only
"""What a night is about, as if it had been read: one tree with a patch and a series of two."""

from __future__ import annotations

from pathlib import Path

from orchestrator.config.fragments import combine
from orchestrator.config.matrix import load_matrix
from orchestrator.config.source_spec import DefaultSource
from orchestrator.config.topology import load_topology
from orchestrator.model.job import Tree
from orchestrator.model.night import CellKey
from orchestrator.model.patch import PatchMail
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.night_inputs import Inputs

TEXT = """
trees = ["default"]
configs = ["numa"]
topologies = ["numa2", "numa4"]
suites = ["", "create"]
[patches]
fix = "fix.patch"
rework = { series = "rework.mbox" }
"""


def mail(path: str, line: str = "two") -> PatchMail:
    return PatchMail(
        path, f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-one\n+{line}\n", subject=path
    )


def made_inputs(tmp_path: Path) -> Inputs:
    """Of one tree with a patch and a series of two."""
    for name in ("fix.patch", "rework.mbox"):
        (tmp_path / name).write_text("")
    (tmp_path / "night.toml").write_text(TEXT)
    matrix = load_matrix(tmp_path / "night.toml")
    configs = {value.name: combine(value.spec) for value in matrix.configs}
    topologies = {value.name: load_topology(value.spec) for value in matrix.topologies}
    job = BootJob(configs["numa"], topologies["numa2"], None, DefaultSource())
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.c").write_text("one\n")
    return Inputs(
        matrix,
        {"default": job},
        configs,
        topologies,
        {"default": Tree(tmp_path / "tree", "tree-1", "7.3.4", "default")},
        {
            ("default", "fix"): (mail("a.c"),),
            ("default", "rework"): (mail("a.c"), mail("b.c")),
        },
    )


def cell(patch: str, topology: str = "numa2", suites: str = "") -> CellKey:
    return CellKey("default", patch, "numa", topology, suites)
