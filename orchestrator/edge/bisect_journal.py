# SPDX-License-Identifier: GPL-2.0-only
"""What a bisect has built and run, line by line, so that an interrupted one can be gone on with.

A file of runs_root() named for all that its runs depend on. The first line names the bisect's
directory; the others are builds and runs as they ended. It goes when the bisect has ended.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import filelock
import msgspec

from orchestrator.edge.store import Store, runs_root, writable
from orchestrator.model.bisect import Built, Trial

_KINDS: dict[str, type[Built] | type[Trial]] = {"built": Built, "trial": Trial}


class BisectJournal:
    """Of one bisect; nobody else writes to it. folder: of the interrupted one, None if none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder: Path | None = None
        self.events: list[Built | Trial] = []
        for line in path.read_text().splitlines() if path.is_file() else ():
            # The last line may have been cut.
            with contextlib.suppress(ValueError, TypeError, KeyError, msgspec.ValidationError):
                word, value = json.loads(line)
                if word == "folder":
                    self.folder = Path(value)
                else:
                    self.events.append(msgspec.convert(value, _KINDS[word]))

    def start(self, folder: Path) -> None:
        """Afresh, in this directory."""
        self.path.unlink(missing_ok=True)
        self.folder, self.events = folder, []
        self._add("folder", str(folder))

    def add(self, event: Built | Trial) -> None:
        """It came to its end."""
        word = "built" if isinstance(event, Built) else "trial"
        self._add(word, msgspec.to_builtins(event))

    def close(self) -> None:
        """The bisect came to its end."""
        self.path.unlink(missing_ok=True)

    def _add(self, word: str, value: object) -> None:
        # In a line of its own, even if the one before was cut.
        lead = "\n" if self.path.is_file() and not self.path.read_bytes().endswith(b"\n") else ""
        with self.path.open("a") as file:
            file.write(f"{lead}{json.dumps([word, value])}\n")


@contextlib.contextmanager
def bisect_journal(key: str, store: Store, *, fresh: bool) -> Iterator[BisectJournal | None]:
    """The journal of this bisect, empty if it was not interrupted, or is to start afresh.

    None if the same bisect runs elsewhere just now.
    """
    lock = filelock.FileLock(store.lock_file(f"bisect/{key}"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        yield None
        return
    try:
        path = writable(runs_root()) / f".bisect-{key}"
        if fresh:
            path.unlink(missing_ok=True)
        yield BisectJournal(path)
    finally:
        lock.release()
