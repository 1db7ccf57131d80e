# SPDX-License-Identifier: GPL-2.0-only
"""What a word means to `orchestrate why`: a run, an option of Kconfig, or an entry of the store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from orchestrator.edge import rundir
from orchestrator.edge.store import Store, runs_root
from orchestrator.model import rundir as names
from orchestrator.model.errors import UsageError

KEY_KINDS = ("kernels", "modules", "states", "trees")
LEAST = 4  # characters of a prefix
SHOWN = 6  # of what a word may mean
_OPTION = re.compile(r"CONFIG_\w{1,128}|(?=[0-9_]*[A-Z])[0-9A-Z_]{1,128}")
_HINT = "give more of it, or say which: run:NAME, option:NAME, key:NAME"


class Meant(Struct, frozen=True):
    """kind: "run" (path: its directory), "option" (name: with CONFIG_), or one of KEY_KINDS."""

    kind: str
    name: str
    path: Path = Path()

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.name}"


def meant(word: str, store: Store) -> Meant:
    """A run by path, name, "latest" or the first characters of its name; an option with or
    without CONFIG_; a key, or its first characters. UsageError if it is none, or several."""
    sort, colon, rest = word.partition(":")
    only = sort if colon and sort in ("run", "option", "key") else ""
    name = rest if only else word
    if only in ("", "option") and _OPTION.fullmatch(name):
        return Meant("option", f"CONFIG_{name.removeprefix('CONFIG_')}")
    if only == "option":
        raise UsageError(f"{name!r} is no name of an option", "as in CONFIG_NUMA, or NUMA")
    if only in ("", "run") and (name == rundir.LATEST or (Path(name) / names.RUN).is_file()):
        return Meant("run", name, rundir.find(name))
    found: list[Meant] = [
        *(_runs(name) if only in ("", "run") else ()),
        *(_keys(name, store) if only in ("", "key") else ()),
    ]
    exact = [each for each in found if each.name == name.rpartition("/")[2]]
    chosen = exact or found
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        told = ", ".join(each.shown for each in chosen[:SHOWN])
        more = f" and {len(chosen) - SHOWN} more" if len(chosen) > SHOWN else ""
        raise UsageError(f"{word!r} may be {told}{more}", _HINT)
    raise UsageError(
        f"{word!r} is no run, no option and no key",
        f"runs are in {runs_root()}, keys in {store.root}; {LEAST} characters of either will do",
    )


def _runs(name: str) -> Iterator[Meant]:
    root = runs_root()
    if "/" in name or len(name) < LEAST or not root.is_dir():
        return
    for path in sorted(root.iterdir()):
        if path.name.startswith(name) and not path.is_symlink() and (path / names.RUN).is_file():
            yield Meant("run", path.name, path)


def _keys(name: str, store: Store) -> Iterator[Meant]:
    kind, slash, key = name.rpartition("/")
    if len(key) < LEAST or (slash and kind not in KEY_KINDS):
        return
    for each in (kind,) if slash else KEY_KINDS:
        folder = store.root / each
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            bare = path.name.rpartition("-")[2]  # of "snapshot-0123456789abcdef"
            if path.name.startswith(key) or (each == "trees" and bare.startswith(key)):
                yield Meant(each, path.name, path)
