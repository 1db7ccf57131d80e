# SPDX-License-Identifier: GPL-2.0-only
"""Removes what runs that were killed could not: half-made entries of the store, builds, sockets.

What somebody is still making is locked (flock(2)), and only what can be locked is removed. So
this holds for processes of other containers on the same files, too, whose pids say nothing here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import filelock

from orchestrator.edge.store import KINDS, Store
from orchestrator.model.progress import Note, Progress

SOCKETS = "orchestrate-qmp-"  # what folders of control sockets are called in TMPDIR
_PARTIAL = re.compile(r"\.(.+)\.\d+\.partial")


def sweep(store: Store, progress: Progress) -> None:
    """Remove all that nobody holds, except builds that the next run may go on with
    (edge/unfinished.py). Raises nothing: what cannot be removed stays."""
    for lock, path in _leftovers(store):
        with _held(store.lock_file(lock)) as ours:
            if ours and path.is_dir():
                progress(Note(f"removing what a run that was killed left: {lock}"))
                shutil.rmtree(path, ignore_errors=True)
    _sweep_sockets()


def _leftovers(store: Store) -> Iterator[tuple[str, Path]]:
    """(name of its lock, where it is)."""
    for kind in KINDS:
        folder = store.root / kind
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            partial = _PARTIAL.fullmatch(path.name)
            if kind == "building":
                # Imported here: most runs find nothing.
                from orchestrator.edge.unfinished import is_kept

                if not is_kept(path):
                    yield f"{kind}/{path.name}", path
            elif partial:
                yield f"{kind}/{partial[1]}", path


@contextlib.contextmanager
def _held(file: Path) -> Iterator[bool]:
    """Whether nobody else has the lock; then it is ours inside."""
    lock = filelock.FileLock(file)
    try:
        lock.acquire(timeout=0)
    except (filelock.Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@contextlib.contextmanager
def socket_folder() -> Iterator[str]:
    """A new folder in TMPDIR that only we can enter, locked as long as we live; gone afterwards."""
    folder, handle = _locked_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _locked_folder() -> tuple[str, int]:
    """(path, what holds its lock). Another run's sweep may take it before it is locked."""
    while True:
        folder = tempfile.mkdtemp(prefix=SOCKETS)
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if Path(folder).is_dir():
                return folder, handle
            os.close(handle)


def _sweep_sockets() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{SOCKETS}*"):
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
