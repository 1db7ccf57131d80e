# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that tests ask for, each built once in a session of tests."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from orchestrator.config.fragments import combine
from orchestrator.config.patch_spec import parse_patch_spec
from orchestrator.config.source_spec import parse_source_spec
from orchestrator.config.topology import load_topology
from orchestrator.edge import host, toolchain
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import sweep
from orchestrator.edge.user_module import build_user_module
from orchestrator.model.progress import Progress
from orchestrator.workflow.boot import read_patches
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.ready import aloud, get_tree, make_ready


@dataclass(frozen=True)
class Kernel:
    """One that is built. release: as uname -r; config: its fragments, by commas; patches: what
    was applied, as it was asked for; vmlinux: with symbols; dotconfig: its .config."""

    config: str
    patches: tuple[str, ...]
    job: BootJob = field(repr=False)
    ready: Ready = field(repr=False)

    @property
    def release(self) -> str:
        return self.ready.kernel.release

    @property
    def vmlinux(self) -> Path:
        return self.ready.kernel.vmlinux

    @property
    def dotconfig(self) -> Path:
        return self.ready.kernel.config

    def module(self, source: Path, progress: Progress) -> Path:
        """A module of the user's, built for it. Raises BuildBroken, UsageError."""
        return build_user_module(self.ready.kernel, source, Store(cache_root()), progress)


class Kernels:
    """tree: the user's own; source: as --source, if there is none."""

    def __init__(self, tree: Path | None, source: str, accel: str, progress: Progress) -> None:
        self._tree = tree
        self._source = parse_source_spec(source or "default")
        self._accel = accel
        self._progress = progress
        self._built: dict[tuple[str, tuple[str, ...]], Kernel] = {}
        self._swept = False

    def get(self, config: str, patches: Sequence[str] = ()) -> Kernel:
        """Built now, if it was not yet. Raises what building raises, each time."""
        key = (config, tuple(patches))
        if key not in self._built:
            self._built[key] = self._build(*key)
        return self._built[key]

    def _build(self, config: str, patches: tuple[str, ...]) -> Kernel:
        progress, store = self._progress, Store(cache_root())
        if not self._swept:
            host.require()
            aloud(progress)
            sweep(store, progress)
            self._swept = True
        job = BootJob(
            config=combine(config, toolchain.asked(None)),
            topology=load_topology("numa1"),  # that of each machine comes later
            tree=self._tree,
            source=self._source,
            patches=tuple(parse_patch_spec(text) for text in patches),
            accel=self._accel,
        )
        mails = tuple(read_patches(job, store, Clock(progress)))
        tree = get_tree(job, store, progress)
        with tempfile.TemporaryDirectory(prefix="orchestrate-") as folder:
            ready = make_ready(job, tree, mails, store, Path(folder), progress)
        return Kernel(config, patches, replace(job, patches=(), mails=mails), ready)
