# SPDX-License-Identifier: GPL-2.0-only
"""The kernel trees that are in the store, whatever they came from."""

from __future__ import annotations

import contextlib
import re

from msgspec import Struct

from orchestrator.edge.kernel_tree import verified_release
from orchestrator.edge.patch_files import TreeFiles
from orchestrator.edge.store import Store
from orchestrator.model.errors import UsageError

MOST = 24  # those used last; each is searched


class KnownTree(Struct, frozen=True):
    """A tree in the store. release: "7.3.4" from its Makefile."""

    release: str
    files: TreeFiles


def known_trees(store: Store) -> tuple[KnownTree, ...]:
    """By release, the oldest first; what is half-made, or being removed, is left out."""
    found = []
    folders = [path for path in store.folder("trees").iterdir() if not path.name.startswith(".")]
    used = {}
    for folder in folders:
        with contextlib.suppress(OSError):  # `clean` may be removing it
            used[folder] = folder.stat().st_mtime_ns
    for folder in sorted(used, key=lambda path: used[path], reverse=True)[:MOST]:
        with contextlib.suppress(OSError, UsageError):
            release = verified_release(folder, folder.name)
            found.append(KnownTree(release, TreeFiles(folder)))
    return tuple(sorted(found, key=lambda tree: _numbers(tree.release)))


def _numbers(release: str) -> tuple[list[int], bool, str]:
    number, _, candidate = release.partition("-")
    return [int(digits) for digits in re.findall(r"\d+", number)], not candidate, candidate
