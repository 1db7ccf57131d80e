# SPDX-License-Identifier: GPL-2.0-only
"""What was fetched before: from a spelling of --source to a tree or archive in the store.

This is what lets a second run start at once and without a network.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, to_builtins

from orchestrator.edge.fingerprint import digest, file_digest
from orchestrator.edge.kernel_tree import verified_release
from orchestrator.edge.sources.archive import unpack
from orchestrator.edge.store import Store
from orchestrator.model.job import Tree
from orchestrator.model.progress import Progress


class Known(Struct, frozen=True):
    """A source that was fetched. archive: its file in the store's "downloads", "" if none."""

    key: str
    origin: str
    archive: str


def recall(text: str, store: Store, progress: Progress) -> Tree | None:
    """The tree that `text` led to before; None if neither it nor its archive is left."""
    note = _note(text, store)
    try:
        known = Known(**json.loads(note.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    archive = store.folder("downloads") / known.archive
    path = store.folder("trees") / known.key
    if path.is_dir():
        _used(note, path, *((archive, archive.parent) if known.archive else ()))
        release = verified_release(path, known.origin)
        return Tree(path=path, key=known.key, release=release, origin=known.origin)
    if known.archive and archive.is_file():
        return tree_of(archive, known.origin, store, progress)
    return None


def remember(text: str, tree: Tree, store: Store, archive: Path | None = None) -> None:
    """Make recall(text) give this tree; archive: where in the store it can be had again."""
    place = str(archive.relative_to(store.folder("downloads"))) if archive else ""
    note = _note(text, store)
    fresh = note.with_name(f".{note.name}.{os.getpid()}")
    fresh.write_text(json.dumps(to_builtins(Known(tree.key, tree.origin, place))))
    fresh.replace(note)


def tree_of(archive: Path, origin: str, store: Store, progress: Progress) -> Tree:
    """The tree in a tarball; its key is the archive's digest. Raises as unpack() does."""

    def make(folder: Path) -> None:
        unpack(archive, folder, progress)
        verified_release(folder, str(archive))

    return tree_at(f"archive-{file_digest(archive)}", origin, store, make, progress)


def tree_at(
    key: str, origin: str, store: Store, make: Callable[[Path], None], progress: Progress
) -> Tree:
    """The entry trees/key, made if it is not there, as a Tree."""
    path, _ = store.entry("trees", key, make, progress)
    return Tree(path=path, key=key, release=verified_release(path, origin), origin=origin)


def _note(text: str, store: Store) -> Path:
    folder = store.folder("downloads") / "known"
    folder.mkdir(exist_ok=True)
    return folder / f"{digest(text)}.json"


def _used(*paths: Path) -> None:
    """`clean` drops what was not used for long; it looks at mtimes."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)
