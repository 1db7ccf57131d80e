# SPDX-License-Identifier: GPL-2.0-only
"""--source tarball:PATH: a kernel tarball on this machine."""

from __future__ import annotations

from orchestrator.config.source_spec import Tarball
from orchestrator.edge.sources.known import tree_of
from orchestrator.edge.store import Store
from orchestrator.model.errors import UsageError
from orchestrator.model.job import Tree
from orchestrator.model.progress import Progress


def fetch_tarball(spec: Tarball, store: Store, progress: Progress) -> Tree:
    """UsageError if it is no file or holds no kernel tree; else as archive.unpack()."""
    if not spec.path.is_file():
        raise UsageError(f"{spec.path}: no such file", "tarball:PATH names a kernel tarball")
    return tree_of(spec.path.resolve(), spec.text, store, progress)
