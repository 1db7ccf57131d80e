# SPDX-License-Identifier: GPL-2.0-only
"""The journal of a shrink: its runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from orchestrator.edge.event_journal import EventJournal
from orchestrator.edge.journal import own_file
from orchestrator.edge.store import Store
from orchestrator.model.shrink import Trial


class ShrinkJournal(EventJournal[Trial]):
    def __init__(self, path: Path) -> None:
        super().__init__(path, {"trial": Trial})


@contextlib.contextmanager
def shrink_journal(key: str, store: Store, *, fresh: bool) -> Iterator[ShrinkJournal | None]:
    """The journal of this shrink, empty if it was not interrupted, or is to start afresh.

    None if the same one runs elsewhere just now.
    """
    with own_file("shrink", key, store, fresh=fresh) as path:
        yield ShrinkJournal(path) if path else None
