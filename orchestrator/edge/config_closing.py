# SPDX-License-Identifier: GPL-2.0-only
"""What a tree's Kconfig makes of options that were asked for, many times over: the sources are
laid out once, and each answer costs a second or two."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import filelock

from orchestrator.edge import kbuild
from orchestrator.edge.derive import derive
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.patching import apply_patches, patch_digest
from orchestrator.edge.store import Store
from orchestrator.model.job import KernelConfig, Option, Tree

# The .config that `make allnoconfig` leaves, and which of the options asked for are not in it.
Close = Callable[[KernelConfig], tuple[str, tuple[Option, ...]]]


@contextlib.contextmanager
def closing(tree: Tree, patches: Sequence[Path], log: Path, store: Store) -> Iterator[Close]:
    """Raises PatchBroken, OSError; what it yields raises BuildBroken, InfrastructureError.

    Sources are laid out when the first is asked for, and gone at the end.
    """
    key = digest(tree.key, patch_digest(patches))
    with _own_name(f"close-{key}", store) as name:
        scratch = store.folder("trees") / f".{name}.{os.getpid()}.partial"
        src = scratch / "src"

        def close(config: KernelConfig) -> tuple[str, tuple[Option, ...]]:
            if not src.is_dir():
                derive(tree.path, src)
                apply_patches(src, patches, log)
                (src / OBJ).mkdir()
            lost = kbuild.configured(config, src, log)
            return (src / OBJ / ".config").read_text(errors="replace"), lost

        try:
            yield close
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _own_name(stem: str, store: Store) -> Iterator[str]:
    """A name whose lock is ours: edge/sweep.py leaves its folder alone, and removes it if we are
    killed. Whoever asks for the same does not wait for us."""
    for number in itertools.count():
        name = f"{stem}-{number}"
        lock = filelock.FileLock(store.lock_file(f"trees/{name}"))
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            continue
        try:
            yield name
        finally:
            lock.release()
        return
