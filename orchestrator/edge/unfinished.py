# SPDX-License-Identifier: GPL-2.0-only
"""Builds that were interrupted: kept, and gone on with by the next run that wants that kernel.

A kernel is built in building/NAME (edge/kernel.py). Once make runs, unfinished.json there says
which kernel it is to become. Whoever finds such a directory that nobody works in any more puts
it aside as building/KEY.half; to go on, it gets its old name, as its objects know their path.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import filelock
import msgspec
from msgspec import Struct, to_builtins

from orchestrator.edge import source_list
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.orphans import end_orphans
from orchestrator.edge.store import Store
from orchestrator.model.progress import short_time
from orchestrator.plan.lineage import Rows

FACTS = "unfinished.json"
OUTPUT = "output"  # what make has printed so far
_SOURCES = "sources"  # as edge/source_list.py writes them
_HALF = ".half"


class Unfinished(Struct, frozen=True):
    """What make alone cannot tell of a build.

    key: of the kernel it is to become. built_at: its name in building/. relative: the kernel
    whose objects it started from, differing: the files that are other ones there, and warnings:
    those of that kernel. host: the host's boot: after another, files may have lost content.
    """

    key: str
    built_at: str
    relative: str = ""
    differing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    host: str = ""


class Half(Struct, frozen=True):
    """One that can be gone on with."""

    folder: Path
    facts: Unfinished
    rows: Rows
    interrupted_at: float  # seconds since 1970

    @property
    def when(self) -> str:
        """For a person."""
        return short_time(self.interrupted_at)


def begin(work: Path, facts: Unfinished, rows: Rows) -> None:
    """make starts in this directory: what is in it is worth keeping from now on."""
    source_list.write(work / _SOURCES, rows)
    (work / OUTPUT).touch()
    partial = work / f".{FACTS}"
    partial.write_text(json.dumps({**to_builtins(facts), "host": _host_boot()}))
    partial.rename(work / FACTS)


def forget(work: Path) -> None:
    """What was begun there is no longer worth anything."""
    for name in (FACTS, OUTPUT):
        (work / name).unlink(missing_ok=True)


def is_kept(work: Path) -> bool:
    return (work / FACTS).is_file()


def halves(store: Store) -> Iterator[Path]:
    """All that was put aside."""
    yield from store.folder("building").glob(f"*{_HALF}")


def put_all_aside(store: Store) -> None:
    """Those in which nobody works."""
    for facts in store.folder("building").glob(f"*/{FACTS}"):
        work = facts.parent
        if work.suffix != _HALF:
            lock = filelock.FileLock(store.lock_file(f"building/{work.name}"))
            with suppress(filelock.Timeout), lock.acquire(timeout=0):
                put_aside(work)


def put_aside(work: Path) -> None:
    """Make room at this path, whose lock is held; what was not far enough is removed.

    Raises InfrastructureError if what is left of the build cannot be ended.
    """
    end_orphans(work)
    facts = _read(work)
    if facts:
        half = work.with_name(f"{facts.key}{_HALF}")
        shutil.rmtree(half, ignore_errors=True)
        work.rename(half)
    shutil.rmtree(work, ignore_errors=True)


def half_of(store: Store, key: str) -> Half | None:
    """The one to become this kernel, if its sources are those it was begun with.

    What cannot be gone on with is removed. The lock of the kernel is held.
    """
    put_all_aside(store)
    folder = store.folder("building") / f"{key}{_HALF}"
    facts = _read(folder)
    if facts and facts.key == key and facts.host == _host_boot():
        rows = source_list.read(folder / _SOURCES)
        with suppress(OSError, KeyError):
            if rows and source_list.of_patched(folder / "src", rows, without=OBJ) == rows:
                os.utime(folder)  # in use: not to make room for others
                return Half(folder, facts, rows, (folder / OUTPUT).stat().st_mtime)
    shutil.rmtree(folder, ignore_errors=True)
    return None


def _read(work: Path) -> Unfinished | None:
    try:
        facts = json.loads((work / FACTS).read_text())
        return msgspec.convert(facts, Unfinished)
    except (OSError, ValueError):
        return None


def _host_boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def output(work: Path) -> list[str]:
    """What make printed before it was interrupted; its last line may have been cut."""
    return (work / OUTPUT).read_bytes().decode(errors="replace").split("\n")[:-1]


def own_mib(half: Path) -> int:
    """What it takes on the disk beside sources that others have, too. Raises OSError."""
    found = 0
    for top, _, files in os.walk(half / "src" / OBJ):
        found += sum(os.lstat(f"{top}/{name}").st_blocks for name in files)
    return found * 512 >> 20
