# SPDX-License-Identifier: GPL-2.0-only
"""A series on a tree, without touching it: each patch is made for what those before it left."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.model.diff import Applied, Hazard, Repaired, RepairNote
from orchestrator.model.errors import PatchBroken
from orchestrator.model.patch import PatchMail
from orchestrator.patch.diff import parse_diff
from orchestrator.patch.repair import Read, Similar, nobody, repair
from orchestrator.patch.safety import LINK, IsLink, check_size, hazards


def no_links(_path: str) -> bool:
    """For trees that hold none."""
    return False


class Overlay:
    """A tree as patches change it: reads go to what was written, then to the tree."""

    def __init__(self, read: Read, is_link: IsLink) -> None:
        self._read, self._is_link = read, is_link
        self._files: dict[str, str | None] = {}
        self._links: dict[str, bool] = {}

    def read(self, path: str) -> str | None:
        return self._files[path] if path in self._files else self._read(path)

    def is_link(self, path: str) -> bool:
        return self._links.get(path, False) or (path not in self._files and self._is_link(path))

    def take(self, repaired: Repaired, links: set[str]) -> None:
        for change in repaired.changes:
            moved = change.old_path != change.new_path and change.new_path is not None
            if change.old_path and (change.new_path is None or (moved and not change.copied)):
                self._files[change.old_path] = None
                self._links.pop(change.old_path, None)
            if change.new_path:
                self._files[change.new_path] = change.after
                self._links[change.new_path] = change.new_path in links


def apply_series(
    patches: Sequence[PatchMail],
    read: Read,
    similar: Similar = nobody,
    is_link: IsLink = no_links,
) -> Applied:
    """Every patch repaired in its turn; see patch.repair for read and similar, safety for is_link.

    Raises PatchBroken, its message beginning with which patch it is: nothing was applied.
    """
    tree = Overlay(read, is_link)
    done = []
    for number, mail in enumerate(patches, start=1):
        which = f"patch {number} of {len(patches)}, " if len(patches) > 1 else ""
        try:
            repaired, links = _apply(mail, tree, similar)
        except PatchBroken as error:
            error.message = f"{which}{mail.name}: {error.message}"
            error.args = (error.message,)
            error.number = number
            raise
        tree.take(repaired, links)
        done.append(repaired)
    return Applied(tuple(done))


def _apply(mail: PatchMail, tree: Overlay, similar: Similar) -> tuple[Repaired, set[str]]:
    check_size(mail.diff, mail.name)
    files = parse_diff(mail.diff)
    if not files:
        raise PatchBroken("it holds no diff", "is it the right file?")
    found = hazards(files, tree.is_link)
    paths = [path for file in files for path in (file.old_path, file.new_path) if path]
    if len({file.path for file in files}) < len(files):
        raise PatchBroken("it changes a file in two places", "several patches in one: split them")
    links = {path for path in paths if tree.is_link(path)}
    links |= {file.path for file in files if file.new_mode == LINK}
    repaired = repair(files, tree.read, similar)
    notes = (*repaired.notes, *(_note(hazard) for hazard in found))
    return Repaired(repaired.text, notes, repaired.changes), links


def _note(hazard: Hazard) -> RepairNote:
    first, *more = hazard.paths
    where = f"{first} and {len(more)} more" if more else first
    return RepairNote(where, 0, text=f"{hazard.text}: building runs the tree's code")
