# SPDX-License-Identifier: GPL-2.0-only
"""What a night writes while it runs: its attempts, line by line, and a journal to go on from.

The attempts lie in its folder beside the night itself, so that a history that was lost can be told
of them later. PENDING says that it is yet to be.

The journal is a file of runs_root() named for the matrix. Its first line says which night it is
and where it lies; then come, for each attempt that ended, a key over all that its cell depends
on, the attempts at it so far, and if it is finished. It goes when the night has ended.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from orchestrator.edge.journal import append, own_file
from orchestrator.edge.store import Store
from orchestrator.model.history import NightRuns
from orchestrator.model.night import Attempt, Night

ATTEMPTS = "attempts.jsonl"
BEGUN = "begun.json"  # the night, as it is now
PENDING = "history.pending"  # in it, the history's name
_SURROGATE = re.compile("[\ud800-\udfff]")
_T = TypeVar("_T")


def note(file: Path, attempt: Attempt) -> None:
    """One attempt more."""
    append(file, _json(attempt))


def attempts(file: Path) -> Iterator[Attempt]:
    """Those of a file, in order; lines that were cut are left out."""
    yield from _rows(file, Attempt)


def put_night(folder: Path, night: Night) -> None:
    """The night as it is now, whole or not at all."""
    partial = folder / f".{BEGUN}.partial"
    partial.write_text(_json(night))
    partial.replace(folder / BEGUN)


def runs(folder: Path) -> NightRuns | None:
    """The night in a folder and its attempts, in order. None if there is none."""
    night = next(_rows(folder / BEGUN, Night), None)
    return NightRuns(night, tuple(attempts(folder / ATTEMPTS))) if night else None


def put_off(folder: Path, history: str) -> None:
    """The history of that name is yet to be told of the night in this folder."""
    (folder / PENDING).write_text(history)


def put_off_in(place: Path, history: str) -> list[Path]:
    """Folders beside each other, of which this history is yet to be told."""
    found = sorted(place.glob(f"*/{PENDING}")) if place.is_dir() else []
    return [file.parent for file in found if file.read_text(errors="replace") == history]


def is_put_off(folder: Path) -> bool:
    """Is a history yet to be told of the night in this folder?"""
    return (folder / PENDING).is_file()


def told(folder: Path) -> None:
    """The history knows of the night in this folder."""
    (folder / PENDING).unlink(missing_ok=True)


class Begun(Struct, frozen=True):
    """The night that was begun. folder: where it lies."""

    id: str
    started_at: str
    folder: str


class Ended(Struct, frozen=True):
    """A cell's attempts so far. key: over all that they depend on. finished: there was no other
    to come."""

    key: str
    attempts: tuple[Attempt, ...]
    finished: bool = True


class NightJournal:
    """Of one matrix; nobody else writes to it. begun: None if no night was interrupted. ended:
    the latest of each key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begun = next(_rows(path, Begun), None)
        self.ended = {row.key: row for row in _rows(path, Ended)}

    def begin(self, begun: Begun) -> None:
        """A night begins, or goes on, with what is known of it."""
        if self.begun != begun:
            rows = (begun, *self.ended.values())
            partial = self.path.with_name(f"{self.path.name}.partial")
            partial.write_text("".join(f"{_json(row)}\n" for row in rows))
            partial.replace(self.path)
            self.begun = begun

    def end(self, key: str, attempts: tuple[Attempt, ...], finished: bool) -> None:
        """An attempt at a cell ended."""
        append(self.path, _json(Ended(key, attempts, finished)))

    def close(self) -> None:
        """The night came to its end."""
        self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def night_journal(key: str, store: Store, *, fresh: bool) -> Iterator[NightJournal | None]:
    """Of this matrix. None if the same one runs elsewhere just now: its cells are not ours."""
    with own_file("night", key, store, fresh=fresh) as path:
        yield NightJournal(path) if path else None


def _rows(file: Path, kind: type[_T]) -> Iterator[_T]:
    for line in file.read_bytes().splitlines() if file.is_file() else ():
        with contextlib.suppress(msgspec.DecodeError):  # another kind of row, or a cut one
            yield msgspec.json.decode(line, type=kind)


def _json(row: object) -> str:
    """In one line. What a guest printed may be no Unicode: such bytes are told by their number."""
    try:
        return msgspec.json.encode(row).decode()
    except UnicodeEncodeError:
        text = json.dumps(msgspec.to_builtins(row), ensure_ascii=False)
        return _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text)
