# SPDX-License-Identifier: GPL-2.0-only
"""--patch SPEC → the patches it names, from wherever they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from orchestrator.config.patch_spec import (
    CommitRange,
    LoreMail,
    PatchFile,
    PatchSpec,
    StandardInput,
    WebPage,
)
from orchestrator.edge import commits, lore
from orchestrator.edge.lore import Limits
from orchestrator.edge.store import Store
from orchestrator.mail.compressed import LIMIT_MIB, too_large
from orchestrator.mail.read import read_series
from orchestrator.model.errors import UsageError
from orchestrator.model.patch import PatchSeries
from orchestrator.model.progress import Progress

_DEFAULT_LIMITS = Limits()


def read_patches(
    spec: PatchSpec,
    tree_dir: Path | None,
    store: Store,
    progress: Progress,
    limits: Limits = _DEFAULT_LIMITS,
) -> PatchSeries:
    """The patches, in the order they apply. tree_dir: the user's --tree, for commit ranges.

    Raises UsageError if the spec names nothing that can be read, PatchBroken if what is there
    is not a whole patch or series, InfrastructureError if the network fails.
    """
    match spec:
        case PatchFile(path):
            return read_series(_file(path), str(path))
        case StandardInput():
            return read_series(_standard_input(), "standard input")
        case LoreMail(message_id):
            return _thread(message_id, store, progress, limits)
        case WebPage(url):
            own = lore.own_message_id(url)
            if own:
                return _thread(own, store, progress, limits)
            return read_series(lore.page(url, progress, limits), url)
        case CommitRange():
            return _commits(spec, tree_dir, progress)


def _thread(message_id: str, store: Store, progress: Progress, limits: Limits) -> PatchSeries:
    data = lore.thread(message_id, store, progress, limits)
    return read_series(data, f"<{message_id}>", wanted=message_id)


def _commits(spec: CommitRange, tree_dir: Path | None, progress: Progress) -> PatchSeries:
    if tree_dir is None:
        raise UsageError(
            f"--patch {spec.text}: commits of which tree?", "name its folder with --tree DIR"
        )
    return read_series(commits.format_patches(spec, tree_dir, progress), spec.text)


def _file(path: Path) -> bytes:
    """Regular or not: `--patch <(command)` is a pipe."""
    try:
        with path.open("rb") as file:
            return _limited(file, str(path))
    except OSError as error:
        raise UsageError(f"cannot read the patch {path}: {error.strerror}") from error


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "--patch -: standard input is a terminal", "pipe the mail in: orchestrate ... < MAIL"
        )
    return _limited(sys.stdin.buffer, "standard input")


def _limited(file: BinaryIO, name: str) -> bytes:
    data = file.read((LIMIT_MIB << 20) + 1)
    if len(data) > LIMIT_MIB << 20:
        raise too_large(name)
    return data
