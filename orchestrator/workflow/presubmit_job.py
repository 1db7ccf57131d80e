# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate presubmit` was asked."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from orchestrator.model.job import KernelConfig
from orchestrator.workflow.boot_job import BootJob

TIME = "not checked (time)"


class PresubmitJob(Struct, frozen=True):
    """boot: what boots share; its tree is the repository.

    range: "BASE..HEAD", or "" to find it. compare: as boot, for the comparison with base.
    full_configs: the last commit is booted with these, too. quick: leaves both out. with_changes:
    what is not committed is the last step. budget_s: from the beginning on. fresh: forget what
    earlier presubmits have proven.
    """

    boot: BootJob
    compare: BootJob
    range: str = ""
    full_configs: tuple[KernelConfig, ...] = ()
    quick: bool = False
    strict: bool = False
    with_changes: bool = True
    budget_s: float | None = None
    run_dir: Path | None = None
    fresh: bool = False
