# SPDX-License-Identifier: GPL-2.0-only
"""Has a memory image read by a process of its own, and collects what it tells.

A guest wrote the image, and drgn is a C library that takes it apart: it is read in the sandbox.
"""

from __future__ import annotations

import json
import site
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

import orchestrator
from orchestrator.edge import sandbox
from orchestrator.model.arch import DEFAULT
from orchestrator.model.autopsy import MemoryFacts, NodeSeen, TaskSeen, WorkerSeen
from orchestrator.model.errors import InfrastructureError

_READER = "orchestrator.edge.autopsy"
_RUN = ("-P", "-m")  # -P: what lies in the user's own folder is no module of ours
_KINDS: dict[str, Any] = {"task": TaskSeen, "worker": WorkerSeen, "node": NodeSeen}


class Asked(Struct, frozen=True):
    """What the reader is told. types: edge.autopsy.type_info's object. release: the kernel's.
    addresses: that shall be named. five_levels: the page tables have (CR4.LA57)."""

    image: str
    vmlinux: str
    types: str
    release: str
    addresses: tuple[int, ...]
    five_levels: bool = False
    arch: str = DEFAULT


def read_memory(asked: Asked, timeout_s: float) -> MemoryFacts:
    """What is in the image; what could not be read is a note. Raises nothing of its own."""
    lines: list[str] = []
    notes: list[str] = []
    argv = [sys.executable, *_RUN, _READER]
    told = msgspec.json.encode(asked)
    reads = (asked.image, asked.vmlinux, asked.types, *python_folders())
    try:
        done = sandbox.run(
            argv,
            cwd=Path("/"),
            reads=map(Path, reads),
            env=python_env(),
            stdin=told,
            timeout_s=timeout_s,
            on_line=lines.append,
        )
        if done.returncode != 0:
            notes.append(f"the reader of the memory image ended with {done.returncode}")
    except InfrastructureError as error:
        notes.append(f"the memory image was not read to its end: {error.message}")
    return facts(lines, notes)


def python_folders() -> tuple[str, ...]:
    """Folders of this Python, of what is installed for it, and of this package."""
    (package,) = orchestrator.__path__
    return tuple(dict.fromkeys((sys.base_prefix, sys.prefix, package)))


def python_env() -> dict[str, str]:
    """What has a Python in the sandbox find this package where it is not installed."""
    parent = str(Path(next(iter(orchestrator.__path__))).parent)
    return {} if parent in site.getsitepackages() else {"PYTHONPATH": parent}


def facts(lines: Sequence[str], notes: Sequence[str] = ()) -> MemoryFacts:
    """The reader's lines put together. What is none of its own (a library's word) is a note."""
    names: dict[int, str] = {}
    found: dict[str, list[Any]] = {"task": [], "worker": [], "node": [], "note": [*notes]}
    for line in lines:
        try:
            ((kind, value),) = json.loads(line).items()
            if kind == "names":
                names.update({int(at): str(name) for at, name in value.items()})
            elif kind == "note":
                found["note"].append(str(value))
            else:
                found[kind].append(msgspec.convert(value, _KINDS[kind]))
        except (ValueError, LookupError, AttributeError):
            found["note"].append(f"the reader said: {line[:200]}")
    return MemoryFacts(
        names=names,
        tasks=tuple(found["task"]),
        workers=tuple(found["worker"]),
        nodes=tuple(found["node"]),
        notes=tuple(found["note"]),
    )
