# SPDX-License-Identifier: GPL-2.0-only
"""Which kselftest targets a tree has, with its patches in it, before anything is built."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from orchestrator.config.selftests import FOLDER, SelftestFiles, targets_in
from orchestrator.edge.derive import derive
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.patching import apply_patches, patch_digest
from orchestrator.edge.store import Store
from orchestrator.model.job import Tree
from orchestrator.model.progress import Progress

_LAYOUT = "1"  # part of every key: raise it when what is kept changes
_FACTS = "targets.json"


def source_key(tree: Tree, patches: Sequence[Path]) -> str:
    """Of the sources that selftests are built from."""
    return digest(_LAYOUT, tree.key, patch_digest(patches))


def selftests_of(
    tree: Tree, patches: Sequence[Path], store: Store, log: Path, progress: Progress
) -> dict[str, SelftestFiles]:
    """Its targets by name; {} for a tree without selftests. patches: as prepared for it."""

    def make(entry: Path) -> None:
        found = _read(tree, patches, entry, log)
        facts = {name: [files.config, files.settings] for name, files in found.items()}
        (entry / _FACTS).write_text(json.dumps(facts))

    key = digest("targets", source_key(tree, patches))
    entry, _ = store.entry("selftests", key, make, progress)
    facts = json.loads((entry / _FACTS).read_text())
    return {name: SelftestFiles(*texts) for name, texts in facts.items()}


def _read(tree: Tree, patches: Sequence[Path], entry: Path, log: Path) -> dict[str, SelftestFiles]:
    folder = tree.path / FOLDER
    touched = [path for path in patches if FOLDER.encode() in path.read_bytes()]
    if not touched:
        return targets_in(folder) if folder.is_dir() else {}
    view = entry / "view"
    (view / FOLDER).mkdir(parents=True)
    if folder.is_dir():
        derive(folder, view / FOLDER)
    apply_patches(view, touched, log, only=FOLDER)
    found = targets_in(view / FOLDER)
    shutil.rmtree(view)
    return found
