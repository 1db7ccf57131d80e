# SPDX-License-Identifier: GPL-2.0-only
"""The inputs of a key, kept beside its entry: inputs.json. They say why an entry was made.

They change no key. An entry of an earlier version has none; the next run that uses it knows its
inputs, since it made the same key of them, and writes them then.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import to_builtins

from orchestrator.edge.store import Store
from orchestrator.model.inputs import Input, KeyInputs

FILE = "inputs.json"
KINDS = ("kernels", "modules", "states")  # entries that keep them


def keep(entry: Path, inputs: Iterable[Input], origin: str = "") -> None:
    """Beside the entry, if nothing is there yet. It is a help for people: no error is raised."""
    with contextlib.suppress(OSError):
        file = entry / FILE
        if file.exists():
            return
        used = entry.stat()
        facts = {"origin": origin, "inputs": [to_builtins(each) for each in inputs]}
        partial = entry / f".{FILE}.{os.getpid()}"
        partial.write_text(json.dumps(facts, indent=1))
        partial.replace(file)
        os.utime(entry, ns=(used.st_atime_ns, used.st_mtime_ns))  # its age says when it was used


def read(kind: str, entry: Path) -> KeyInputs | None:
    """What keep() wrote; None if it is not there, or damaged."""
    try:
        facts = json.loads((entry / FILE).read_text())
        inputs = tuple(
            Input(str(each["group"]), str(each["name"]), str(each["value"]))
            for each in facts["inputs"]
        )
        return KeyInputs(kind, entry.name, inputs, made_s(entry), str(facts.get("origin", "")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def made_s(entry: Path) -> float:
    """When an entry was made, seconds since 1970: of the files that are written last."""
    for name in ("kernel.json", "seal.json", "facts.json", FILE):
        with contextlib.suppress(OSError):
            return (entry / name).stat().st_mtime
    return 0.0


def all_of(kind: str, store: Store) -> Iterator[KeyInputs]:
    """Of all entries that have them."""
    for entry in sorted(store.folder(kind).iterdir()):
        found = None if entry.name.startswith(".") else read(kind, entry)
        if found:
            yield found
