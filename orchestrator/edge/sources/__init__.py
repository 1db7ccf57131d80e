# SPDX-License-Identifier: GPL-2.0-only
"""Kernel trees from elsewhere: one file a kind of source.

A new kind takes a form in config/source_spec.py, a file here and a line in _fetch_new().
"""

from __future__ import annotations

import time

from orchestrator.config.source_spec import (
    DebianBinary,
    DebianSource,
    DefaultSource,
    GitRef,
    KernelOrg,
    SourceSpec,
    Tarball,
)
from orchestrator.edge.sources.candidates import CANDIDATES
from orchestrator.edge.sources.known import recall, remember
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.job import Tree
from orchestrator.model.progress import Note, Progress, StageDone, StageStarted


def fetch(spec: SourceSpec, store: Store, progress: Progress) -> Tree:
    """The tree `spec` names, in the store. No network is touched for what was fetched before,
    except that a git ref is asked for again, since it may have moved.

    Raises UsageError if the source does not exist or is no kernel tree, InfrastructureError
    if it cannot be had now (no network, no room, damaged on the way).
    """
    started = time.monotonic()
    progress(StageStarted("source", spec.text))
    tree = None if isinstance(spec, GitRef | Tarball) else recall(spec.text, store, progress)
    cached = tree is not None
    tree = tree or _fetch_new(spec, store, progress)
    detail = f"{tree.release} from {tree.origin}"
    progress(StageDone("source", time.monotonic() - started, cached, detail))
    return tree


def _fetch_new(spec: SourceSpec, store: Store, progress: Progress) -> Tree:
    # Imported here: the libraries behind them take longer to load than a warm run may.
    match spec:
        case DefaultSource():
            return _first_candidate(store, progress)
        case DebianBinary() | DebianSource():
            from orchestrator.edge.sources.debian import fetch_debian

            return fetch_debian(spec, store, progress)
        case KernelOrg():
            from orchestrator.edge.sources.kernel_org import fetch_kernel_org

            return fetch_kernel_org(spec, store, progress)
        case GitRef():
            from orchestrator.edge.sources.git import fetch_git

            return fetch_git(spec, store, progress)
        case Tarball():
            from orchestrator.edge.sources.tarball import fetch_tarball

            return fetch_tarball(spec, store, progress)


def _first_candidate(store: Store, progress: Progress) -> Tree:
    reasons = []
    for spec in CANDIDATES:
        try:
            tree = recall(spec.text, store, progress) or _fetch_new(spec, store, progress)
        except (InfrastructureError, UsageError) as error:
            progress(Note(f"skipped {spec.text}: {error.message}"))
            reasons.append(error.message)
            continue
        remember(DefaultSource().text, tree, store)
        return tree
    raise InfrastructureError(
        f"none of the {len(CANDIDATES)} default sources can be had; the first: {reasons[0]}",
        "--tree DIR takes a tree, --source tarball:PATH an archive you have",
    )
