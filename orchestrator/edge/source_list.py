# SPDX-License-Identifier: GPL-2.0-only
"""What every file of a tree in the store holds, as one list: made once, and kept.

Rows are as in content_memo.FileState: kind, digest, path.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestrator.edge import content_memo
from orchestrator.edge.content_memo import FileState
from orchestrator.edge.store import Store
from orchestrator.model.job import Tree
from orchestrator.plan.lineage import Rows


def of_tree(tree: Tree, store: Store) -> Rows:
    """All files of a tree in the store. The first time each is read: seconds."""
    file = _file(tree.key, store)
    known = read(file)
    if known:
        return known
    rows = _rows(content_memo.look(tree.path, tuple(_paths(tree.path)), {}))
    write(file, rows)
    return rows


def known(key: str, store: Store) -> Rows:
    """What is kept of the tree with this key, which may be gone; nothing if nothing is."""
    return read(_file(key, store))


def keep(key: str, states: Iterable[FileState], store: Store) -> None:
    """What of_tree() is to say of the tree with this key: its files were read anyway."""
    file = _file(key, store)
    if not file.exists():
        write(file, _rows(states))


def know(key: str, rows: Rows, store: Store) -> None:
    """The same, as rows."""
    write(_file(key, store), rows)


def of_patched(src: Path, tree_rows: Rows, without: str = "") -> Rows:
    """The same of a derived tree that patches were applied to; only what they replaced is read.

    That is what has no second name: the rest are links to the tree's own files. without: a
    folder at its top that is not of the tree.
    """
    paths = tuple(_paths(src, without))
    fresh = [path for path in paths if path not in tree_rows or _is_alone(src, path)]
    read_now = _rows(content_memo.look(src, fresh, {}))
    return {path: read_now.get(path) or tree_rows[path] for path in paths}


def read(file: Path) -> Rows:
    """What write() wrote; nothing if it is not there."""
    try:
        lines = os.fsdecode(file.read_bytes()).split("\0")
    except OSError:
        return {}
    parts = (line.split(" ", 2) for line in lines if line)
    return {path: f"{kind} {digest}" for kind, digest, path in parts}


def write(file: Path, rows: Rows) -> None:
    """Under another name first: others may be reading it."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_bytes(os.fsencode("\0".join(f"{row} {path}" for path, row in rows.items())))
    fresh.replace(file)


def _file(key: str, store: Store) -> Path:
    return store.folder("probes") / f"sources-{key}"


def _rows(states: Iterable[FileState]) -> Rows:
    return {state.path: f"{state.kind} {state.digest}" for state in states}


def _paths(top: Path, without: str = "") -> Iterator[str]:
    """Of all files and links, relative to top; directories are none."""
    start = len(str(top)) + 1
    for folder, folders, files in os.walk(top):
        if without in folders and len(folder) < start:
            folders.remove(without)
        links = (name for name in folders if os.path.islink(f"{folder}/{name}"))  # noqa: PTH114
        for name in (*files, *links):
            yield f"{folder}/{name}"[start:]


def _is_alone(src: Path, path: str) -> bool:
    return os.lstat(f"{src}/{path}").st_nlink == 1
