# SPDX-License-Identifier: GPL-2.0-only
"""Where things are kept between runs, by content key, and how concurrent runs share them.

An entry is a directory that appears under its final name only when it is whole: it is made
under a name of its own in the same file system and renamed. Whoever makes an entry holds its
lock; others wait and then find it there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import platformdirs

from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Note, Progress

KINDS = (
    "downloads",
    "trees",
    "kernels",
    "modules",
    "probes",
    "building",
    "noise",
    "states",
    "types",
    "shipped",
    "packed",
    "rootfs",
    "selftests",
)


def cache_root() -> Path:
    """$ORCHESTRATE_CACHE, else the user's cache folder (XDG_CACHE_HOME)."""
    named = os.environ.get("ORCHESTRATE_CACHE")
    return Path(named).absolute() if named else platformdirs.user_cache_path("orchestrate")


def runs_root() -> Path:
    """$ORCHESTRATE_RUNS, else runs/ in the user's state folder (XDG_STATE_HOME)."""
    named = os.environ.get("ORCHESTRATE_RUNS")
    place = Path(named) if named else platformdirs.user_state_path("orchestrate") / "runs"
    return place.absolute()


def writable(path: Path) -> Path:
    """path, made if need be; InfrastructureError if it can't be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InfrastructureError(
            f"cannot make {path}: {error.strerror}", "set ORCHESTRATE_CACHE or ORCHESTRATE_RUNS"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise InfrastructureError(
            f"cannot write to {path}", "set ORCHESTRATE_CACHE or ORCHESTRATE_RUNS"
        )
    return path


def need_space(path: Path, need_mib: int, what: str) -> None:
    """InfrastructureError before `what` starts, if path's file system has too little room."""
    free_mib = shutil.disk_usage(path).free >> 20
    if free_mib < need_mib:
        raise InfrastructureError(
            f"{what} needs {need_mib} MiB in {path}, {free_mib} MiB are free",
            "orchestrate clean, or set ORCHESTRATE_CACHE to a larger file system",
        )


class Store:
    """The cache directory."""

    def __init__(self, root: Path) -> None:
        self.root = writable(root)

    def folder(self, kind: str) -> Path:
        """The folder of one of KINDS."""
        assert kind in KINDS
        return writable(self.root / kind)

    @contextlib.contextmanager
    def lock(self, name: str, progress: Progress) -> Iterator[None]:
        """Exclusive among processes; says so when it has to wait. The kernel frees it if we die."""
        lock = filelock.FileLock(self.lock_file(name))
        try:
            lock.acquire(timeout=0.2)
        except filelock.Timeout:
            progress(Note(f"waiting for another orchestrate that is making {name}"))
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def lock_file(self, name: str) -> Path:
        """The file that lock(name) locks."""
        return writable(self.root / "locks") / f"{name.replace('/', '_')}.lock"

    def entry(
        self, kind: str, key: str, make: Callable[[Path], None], progress: Progress
    ) -> tuple[Path, bool]:
        """The directory kind/key, made by make(empty directory) if it is not there.

        Returns (path, True if it was there). Whatever make raises leaves no entry behind.
        """
        final = self.folder(kind) / key
        if final.is_dir():
            os.utime(final)  # `clean` drops what was not used for long
            return final, True
        with self.lock(f"{kind}/{key}", progress):
            if final.is_dir():
                return final, True
            for stale in final.parent.glob(f".{key}.*.partial"):
                shutil.rmtree(stale, ignore_errors=True)  # of one that was killed: we hold the lock
            partial = final.with_name(f".{key}.{os.getpid()}.partial")
            partial.mkdir()
            try:
                make(partial)
                partial.rename(final)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
        return final, False
