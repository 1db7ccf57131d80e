# SPDX-License-Identifier: GPL-2.0-only
"""What a boot tests besides the project's suites: the kernel's own, and the user's modules."""

from __future__ import annotations

from pathlib import Path

from orchestrator.config import kunit_glob
from orchestrator.config.own_modules import to_load
from orchestrator.edge.store import Store
from orchestrator.model.job import BuiltIn, BuiltKernel, KernelConfig, OwnModule, Plan
from orchestrator.model.progress import Progress
from orchestrator.plan.qemu import NO_SUITE, kunit_option

# What few runs need is imported where it is needed.


def own_modules(
    folders: tuple[Path, ...],
    insmod: tuple[OwnModule, ...],
    built: BuiltKernel,
    store: Store,
    progress: Progress,
) -> tuple[Path, ...]:
    """The user's modules, of all folders. UsageError if one is to be loaded that is not there;
    BuildBroken."""
    if not folders:
        return ()
    from orchestrator.edge.user_module import build_user_modules

    made = [build_user_modules(built, folder, store, progress) for folder in folders]
    own = tuple(file for files in made for file in files)
    to_load(insmod, own)
    return own


def built_in(glob: str, built: BuiltKernel) -> BuiltIn | None:
    """The kernel's own suites that were asked for, None for "". UsageError if that is none."""
    if not glob:
        return None
    from orchestrator.edge.built_in import built_in_suites

    return kunit_glob.chosen(glob, built_in_suites(built))


def cmdline(config: KernelConfig, plan: Plan) -> tuple[str, ...]:
    """A kernel with suites of its own runs those that were asked for, and no others."""
    if plan.kunit:
        return (kunit_option(plan.kunit.glob),)
    on = {option.name for option in config.options if option.value == "y"}
    return (kunit_option(NO_SUITE),) if "CONFIG_KUNIT_ALL_TESTS" in on else ()
