# SPDX-License-Identifier: GPL-2.0-only
"""What presubmits of a tree have proven, by content, and how long their work took.

A file of runs_root() named for the tree; its lines are appended as things end, so that whatever
ends us, the next presubmit goes on. What an entry means is for the caller's key to say.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

from orchestrator.edge.fingerprint import digest
from orchestrator.edge.journal import append, own_file
from orchestrator.edge.store import Store

KEPT = 600  # lines


class Memory:
    """Of one tree. path None: of nothing, since another presubmit of it runs just now."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.proven: dict[str, Path] = {}
        self.took: list[tuple[str, float]] = []
        lines = path.read_text().splitlines() if path and path.is_file() else []
        if path and len(lines) > 2 * KEPT:
            lines = lines[-KEPT:]
            path.write_text("\n".join(lines) + "\n")
        for line in lines:
            with contextlib.suppress(ValueError, TypeError, AttributeError):  # cut short
                word, name, value = json.loads(line)
                if word == "proven":
                    self.proven[name] = Path(value)
                elif word == "took":
                    self.took.append((str(name), float(value)))

    def prove(self, key: str, folder: Path) -> None:
        """That this key is green, by what is in the folder. From any thread."""
        self.proven[key] = folder
        self._add("proven", key, str(folder))

    def learn(self, work: str, took_s: float) -> None:
        """From any thread."""
        self._add("took", work, round(took_s, 2))

    def _add(self, word: str, name: str, value: object) -> None:
        if self._path:
            with self._lock:
                append(self._path, json.dumps([word, name, value]))


@contextlib.contextmanager
def memory(repository: Path, store: Store, *, fresh: bool) -> Iterator[Memory]:
    """Of this repository; empty if it is to be (fresh)."""
    with own_file("presubmit", digest(str(repository)), store, fresh=fresh) as path:
        yield Memory(path)
