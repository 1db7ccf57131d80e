# SPDX-License-Identifier: GPL-2.0-only
"""What a search has made so far, line by line, so that an interrupted one can be gone on with.

A file of runs_root() named for all that its runs depend on. The first line names the search's
directory; the others are events as they ended. It goes when the search has ended.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from orchestrator.edge.journal import append

E = TypeVar("E")


class EventJournal(Generic[E]):
    """Of one search; nobody else writes to it. folder: of the interrupted one, None if none.

    kinds: word in the file → dataclass.
    """

    def __init__(self, path: Path, kinds: Mapping[str, type[Any]]) -> None:
        self.path = path
        self.folder: Path | None = None
        self.events: list[E] = []
        self._words = {kind: word for word, kind in kinds.items()}
        for line in path.read_text().splitlines() if path.is_file() else ():
            # The last line may have been cut.
            with contextlib.suppress(ValueError, TypeError, KeyError, msgspec.ValidationError):
                word, value = json.loads(line)
                if word == "folder":
                    self.folder = Path(value)
                else:
                    self.events.append(msgspec.convert(value, kinds[word]))

    def start(self, folder: Path) -> None:
        """Afresh, in this directory."""
        self.path.unlink(missing_ok=True)
        self.folder, self.events = folder, []
        append(self.path, json.dumps(["folder", str(folder)]))

    def add(self, event: E) -> None:
        """It came to its end."""
        append(self.path, json.dumps([self._words[type(event)], msgspec.to_builtins(event)]))

    def close(self) -> None:
        """The search came to its end."""
        self.path.unlink(missing_ok=True)
