# SPDX-License-Identifier: GPL-2.0-only
"""A patch that does not apply: which release was it made for, is its pre-image in the history?"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from orchestrator.edge.blob_history import BlobHistory, blob_history
from orchestrator.edge.known_trees import KnownTree, known_trees
from orchestrator.edge.patch_files import TreeFiles
from orchestrator.edge.store import Store
from orchestrator.model.diff import FileDiff
from orchestrator.model.errors import PatchBroken
from orchestrator.model.patch import PatchMail
from orchestrator.patch.apply import apply_series
from orchestrator.patch.blob import is_blob
from orchestrator.patch.diff import parse_diff
from orchestrator.patch.explain import already_applied
from orchestrator.patch.safety import hazards

_SHOWN = 12  # digits of a blob
_LISTED = 8  # releases


class Origin(Struct, frozen=True):
    """What could be found out. blob: the abbreviated pre-image, "" if the patch names none.

    known: releases that were looked through; having: those whose file is that blob; fitting:
    those that take the patches up to this one without moving a hunk. history: of the user's
    tree, None if it has none.
    """

    path: str
    blob: str = ""
    known: tuple[str, ...] = ()
    having: tuple[str, ...] = ()
    fitting: tuple[str, ...] = ()
    history: BlobHistory | None = None

    @property
    def found(self) -> bool:
        """Has anything the very file it was made for?"""
        return bool(self.having or (self.history and self.history.there))

    def __str__(self) -> str:
        said = []
        blob = self.blob[:_SHOWN]
        past = self.history.words(self.path) if self.history else ""
        if self.having:
            whose = "its" if len(self.having) == 1 else "their"
            said.append(f"made for {_listed(self.having)}: {whose} {self.path} is blob {blob}")
        if past:
            said.append(f"the pre-image {blob} {past}")
        elif blob and not self.having:
            said.append(f"the pre-image {blob} is {self._nowhere()}")
        if self.fitting:
            said.append(f"it applies to {_listed(self.fitting)}")
        elif self.known and not blob:
            said.append(f"it applies as it is to no tree known here{self._looked()}")
        return "; ".join(said)

    def _nowhere(self) -> str:
        trees = f"in a tree known here{self._looked()}"
        return f"neither in this tree's history nor {trees}" if self.history else f"not {trees}"

    def _looked(self) -> str:
        return f" ({_listed(self.known)})" if self.known else " (there are none)"


def explained(
    error: PatchBroken,
    mails: Sequence[PatchMail],
    files: TreeFiles,
    tree_dir: Path | None,
    store: Store | None,
) -> PatchBroken:
    """The same error, its hint extended by what is known of the patch's origin.

    error: of apply_series(mails) on the tree of files. tree_dir: the user's own tree.
    """
    series = mails[: error.number]
    asked = _asked(error, series, files) if tree_dir or store else ()
    if not asked:
        return error
    trees = known_trees(store) if store else ()
    origins = [_origin(file, series, trees, tree_dir) for file in asked]
    told = max(origins, key=lambda origin: origin.found)
    richer = copy.copy(error)
    richer.hint = "; ".join(part for part in (error.hint, str(told)) if part)
    return richer


def _asked(
    error: PatchBroken, series: Sequence[PatchMail], files: TreeFiles
) -> tuple[FileDiff, ...]:
    """The file that failed and, since it may be of the series' own making, the first patch's.

    Empty if its origin is not what is wrong.
    """
    if not series:
        return ()
    _, _, said = error.message.partition(f"{series[-1].name}: ")
    try:
        diffs = parse_diff(series[-1].diff)
        hazards(diffs, files.is_link)
    except PatchBroken:
        return ()  # unreadable or refused, whatever the tree
    broken = next((file for file in diffs if _is_about(said, file)), None)
    if broken is None or broken.old_path is None:
        return ()
    there = files.read(broken.old_path)
    if there is not None and (is_blob(there, broken.old_blob) or already_applied(broken, there)):
        return ()
    earlier = (file for mail in series[:-1] for file in parse_diff(mail.diff))
    first = next((file for file in earlier if broken.old_path == file.old_path), broken)
    return (broken,) if first is broken else (broken, first)


def _is_about(said: str, file: FileDiff) -> bool:
    """Messages begin with the path (patch/place.py, patch/repair.py)."""
    paths = (path for path in (file.old_path, file.new_path) if path)
    return any(said.startswith((f"{path}:", f"{path},")) for path in paths)


def _origin(
    file: FileDiff, series: Sequence[PatchMail], trees: Sequence[KnownTree], tree_dir: Path | None
) -> Origin:
    path = file.old_path or ""
    blob = file.old_blob if file.old_blob.strip("0") else ""
    having = [tree for tree in trees if is_blob(_read(tree, path), blob)]
    return Origin(
        path,
        blob,
        known=_releases(trees),
        having=_releases(having),
        fitting=() if having else _releases(tree for tree in trees if _fits(series, tree)),
        history=blob_history(tree_dir, path, blob) if tree_dir and blob else None,
    )


def _read(tree: KnownTree, path: str) -> str | None:
    try:
        return tree.files.read(path)
    except OSError:  # `clean` may be removing the tree
        return None


def _fits(series: Sequence[PatchMail], tree: KnownTree) -> bool:
    try:
        done = apply_series(series, lambda path: _read(tree, path), is_link=tree.files.is_link)
    except PatchBroken:
        return False
    return not any(note.offset or note.fuzz for patch in done.patches for note in patch.notes)


def _releases(trees: Iterable[KnownTree]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tree.release for tree in trees))


def _listed(releases: Sequence[str]) -> str:
    shown = ", ".join(releases[:_LISTED])
    more = len(releases) - _LISTED
    return f"{shown} and {more} more" if more > 0 else shown
