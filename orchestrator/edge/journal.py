# SPDX-License-Identifier: GPL-2.0-only
"""How far a series has come, line by line, so that an interrupted one can be gone on with.

A file of runs_root() named for all that the runs depend on. Its lines are appended: "begun" or
"done", the step's number, its run directory. It goes when the series has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import filelock

from orchestrator.edge.store import Store, runs_root, writable


class Journal:
    """Of one series; nobody else writes to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begun: dict[int, Path] = {}
        self.done: dict[int, Path] = {}
        for line in path.read_text().splitlines() if path.is_file() else ():
            with contextlib.suppress(ValueError, TypeError):  # the last one may have been cut
                word, number, run_dir = json.loads(line)
                {"begun": self.begun, "done": self.done}.get(word, {})[number] = Path(run_dir)

    def begin(self, number: int, run_dir: Path | None) -> None:
        """A step's run begins. run_dir: that the user asked for."""
        self._add("begun", number, run_dir or Path())

    def end(self, number: int, run_dir: Path) -> None:
        """It came to its end."""
        self._add("done", number, run_dir)

    def close(self) -> None:
        """The series came to its end."""
        self.path.unlink(missing_ok=True)

    def _add(self, word: str, number: int, run_dir: Path) -> None:
        append(self.path, json.dumps([word, number, str(run_dir)]))


def append(path: Path, row: str) -> None:
    """A row in a line of its own, even if the one before was cut."""
    with path.open("a+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        lead = b"" if file.read(1) in (b"", b"\n") else b"\n"
        file.write(lead + row.encode() + b"\n")


@contextlib.contextmanager
def journal(key: str, store: Store, *, fresh: bool) -> Iterator[Journal | None]:
    """The journal of this series, empty if it was not interrupted, or is to start afresh.

    None if the same series runs elsewhere just now: its runs are not ours.
    """
    with own_file("series", key, store, fresh=fresh) as path:
        yield Journal(path) if path else None


@contextlib.contextmanager
def own_file(kind: str, key: str, store: Store, *, fresh: bool) -> Iterator[Path | None]:
    """The file of such a journal, there or not, which is nobody else's meanwhile; None if it is
    somebody else's just now. fresh: what it holds is dropped."""
    lock = filelock.FileLock(store.lock_file(f"{kind}/{key}"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        yield None
        return
    try:
        path = writable(runs_root()) / f".{kind}-{key}"
        if fresh:
            path.unlink(missing_ok=True)
        yield path
    finally:
        lock.release()
