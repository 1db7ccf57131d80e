# SPDX-License-Identifier: GPL-2.0-only
"""The journal of a bisect: what it has built and run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from orchestrator.edge.event_journal import EventJournal
from orchestrator.edge.journal import own_file
from orchestrator.edge.store import Store
from orchestrator.model.bisect import Built, Trial


class BisectJournal(EventJournal[Built | Trial]):
    def __init__(self, path: Path) -> None:
        super().__init__(path, {"built": Built, "trial": Trial})


@contextlib.contextmanager
def bisect_journal(key: str, store: Store, *, fresh: bool) -> Iterator[BisectJournal | None]:
    """The journal of this bisect, empty if it was not interrupted, or is to start afresh.

    None if the same bisect runs elsewhere just now.
    """
    with own_file("bisect", key, store, fresh=fresh) as path:
        yield BisectJournal(path) if path else None
