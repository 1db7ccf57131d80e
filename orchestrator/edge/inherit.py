# SPDX-License-Identifier: GPL-2.0-only
"""The kernel in the store whose sources differ least, and a build that starts from its objects.

make goes by age: what has the same content keeps the age it had when the objects were made, and
all else becomes newer than any of them, however old the user's file is. What make would not see,
plan/lineage.py knows; those objects are left behind.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from orchestrator.edge import derive, process, source_list
from orchestrator.edge.store import Store
from orchestrator.model.arch import X86_64, Arch
from orchestrator.plan import lineage
from orchestrator.plan.lineage import Difference, Rows

FACTS = "kernel.json"
LIST = "sources"  # in an entry, what of_patched() said of it
UNSEEN = "1"  # of a kernel whose .config holds no version of what only Kconfig asks for
MOST = 8  # kernels used last that are looked at: each costs 0.1 s


class Kin(Struct, frozen=True):
    """What makes kernels kin. family: configuration and toolchain. variables: make's; one may
    lack what the other has, since they become part of commands, and make compares those.

    unpatched: keys of the same tree's kernels without patches, with and without variables. They
    may be from before entries listed their sources; then tree_rows are those, and they were built
    at the last of these keys.
    """

    family: str
    variables: tuple[str, ...]
    unpatched: tuple[str, ...]
    tree_rows: Rows
    arch: Arch = X86_64


class Relative(Struct, frozen=True):
    """A kernel to start from. built_at: the name in building/ that its objects were made at;
    twin: it was made with the same variables, too; configured: and with the same options."""

    entry: Path
    built_at: str
    twin: bool
    change: Difference
    configured: bool = True

    @property
    def cost(self) -> tuple[int, bool]:
        return len(self.change.paths), not self.twin

    @property
    def same(self) -> bool:
        """Is there nothing for make to do?"""
        return self.twin and self.configured and not self.change.paths

    @property
    def src(self) -> Path:
        return self.entry / "src"

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(_facts(self.entry).get("warnings", ()))


def nearest(rows: Rows, kin: Kin, store: Store) -> Relative | None:
    """The kin whose sources differ least from these; of equals the one used last."""
    best: Relative | None = None
    for entry, built_at, variables in itertools.islice(_all_kin(kin, store), MOST):
        theirs = source_list.read(entry / LIST)
        if not theirs and entry.name in kin.unpatched:
            theirs = kin.tree_rows
        change = lineage.difference(theirs, rows)
        if not theirs or lineage.from_nothing(change, theirs, rows, kin.arch):
            continue
        # Earlier ones may have the version of the host's rustc in .config.
        as_now = _facts(entry).get("unseen") == UNSEEN
        found = Relative(entry, built_at, variables == kin.variables, change, configured=as_now)
        if best is None or found.cost < best.cost:
            best = found
        if best.same:
            break
    return best


def _all_kin(kin: Kin, store: Store) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """(entry, where it was built, with which variables), the one used last first."""
    entries = [path for path in store.folder("kernels").iterdir() if path.name[0] != "."]
    for _, entry in sorted(((_used_ns(entry), entry) for entry in entries), reverse=True):
        facts = _facts(entry)
        variables = tuple(facts.get("variables", ()))
        if facts.get("family") == kin.family:
            if variables in ((), kin.variables):
                yield entry, facts["built_at"], variables
        elif entry.name in kin.unpatched:
            own = kin.variables if entry.name == kin.unpatched[0] else ()
            yield entry, kin.unpatched[-1], own


def _used_ns(entry: Path) -> int:
    try:
        return entry.stat().st_mtime_ns
    except OSError:  # `clean` may be removing it
        return 0


def _facts(entry: Path) -> dict[str, Any]:
    try:
        facts = json.loads((entry / FACTS).read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def take_over(relative: Relative, src: Path, obj_name: str, rows: Rows) -> None:
    """Give src, which holds sources alone, the relative's objects, less what may be outdated.

    Raises InfrastructureError if they cannot be copied, OSError.
    """
    objects = src / obj_name
    process.check(["cp", "-a", "--reflink=auto", str(relative.src / obj_name), str(objects)])
    _drop_doubtful(objects, relative.change)
    newer = frozenset(relative.change.newer)
    _keep_ages(src, relative.src, (path for path in rows if path not in newer))
    _make_newer(src, relative)


def _drop_doubtful(objects: Path, change: Difference) -> None:
    for folder, stems in lineage.stems(change).items():
        for name in _files(objects / folder):
            if lineage.stem(name) in stems:
                (objects / folder / name).unlink()
    for folder in lineage.folders_with_new_rules(change):
        for name in lineage.without_command(_files(objects / folder)):
            (objects / folder / name).unlink()
    names = lineage.new_names(change.came)
    for top, _, files in os.walk(objects) if names else ():
        for name in names.intersection(files):
            Path(top, name).unlink()


def _files(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [entry.name for entry in os.scandir(folder) if not entry.is_dir(follow_symlinks=False)]


def _keep_ages(src: Path, theirs: Path, paths: Iterator[str]) -> None:
    for path in paths:
        own, earlier = f"{src}/{path}", f"{theirs}/{path}"
        if os.lstat(own).st_mtime_ns > os.lstat(earlier).st_mtime_ns:
            os.unlink(own)  # noqa: PTH108 - 100,000 times
            derive.link_or_copy(earlier, own)


def _make_newer(src: Path, relative: Relative) -> None:
    # The facts were written when the last object was there. Our clock may be behind.
    last_ns = (relative.entry / FACTS).stat().st_mtime_ns
    stamp_ns = max(time.time_ns(), last_ns + 1)
    for path in relative.change.newer:
        file = src / path
        derive.replace(file, file.read_bytes())
        os.utime(file, ns=(stamp_ns, stamp_ns))
