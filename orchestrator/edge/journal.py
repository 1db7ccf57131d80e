# SPDX-License-Identifier: GPL-2.0-only
"""How far a series has come, line by line, so that an interrupted one can be gone on with.

A file of runs_root() named for all that the runs depend on. Its lines are appended: "begun" or
"done", the step's number, its run directory. It goes when the series has ended.
"""

from __future__ import annotations

import contextlib
import json
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
        # In a line of its own, even if the one before was cut.
        lead = "\n" if self.path.is_file() and not self.path.read_bytes().endswith(b"\n") else ""
        with self.path.open("a") as file:
            file.write(f"{lead}{json.dumps([word, number, str(run_dir)])}\n")


@contextlib.contextmanager
def journal(key: str, store: Store, *, fresh: bool) -> Iterator[Journal | None]:
    """The journal of this series, empty if it was not interrupted, or is to start afresh.

    None if the same series runs elsewhere just now: its runs are not ours.
    """
    lock = filelock.FileLock(store.lock_file(f"series/{key}"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        yield None
        return
    try:
        path = writable(runs_root()) / f".series-{key}"
        if fresh:
            path.unlink(missing_ok=True)
        yield Journal(path)
    finally:
        lock.release()
