# SPDX-License-Identifier: GPL-2.0-only
"""What runs of one kernel on one machine showed in earlier comparisons: its noise.

Two runs of base tell little of what varies once in five; those of the comparisons before, of the
very same kernel, module, machine and time limits, tell more. The newest KEPT are kept.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence

import msgspec

from orchestrator.edge.store import Store
from orchestrator.model.compare import Key, Kind
from orchestrator.model.progress import silent

KEPT = 16
Digest = Mapping[Key, str]


class _Fact(msgspec.Struct, array_like=True):
    kind: Kind
    where: str
    what: str
    value: str


def earlier(store: Store, name: str) -> list[Digest]:
    """The runs remembered under that name, oldest first; [] for none, or a damaged file."""
    try:
        data = (store.folder("noise") / f"{name}.json").read_bytes()
        runs = msgspec.json.decode(data, type=list[list[_Fact]])
    except (OSError, ValueError):
        return []
    return [{Key(f.kind, f.where, f.what): f.value for f in run} for run in runs]


def remember(store: Store, name: str, runs: Sequence[Digest]) -> None:
    """Add these runs. A full disk, a read-only cache, an odd byte cost only the memory."""
    with contextlib.suppress(OSError, UnicodeError), store.lock(f"noise/{name}", silent):
        kept = [*earlier(store, name), *runs][-KEPT:]
        rows = [[_Fact(*key, value) for key, value in run.items()] for run in kept]
        final = store.folder("noise") / f"{name}.json"
        partial = final.with_name(f".{final.name}.{os.getpid()}.partial")
        partial.write_bytes(msgspec.json.encode(rows))
        partial.replace(final)
