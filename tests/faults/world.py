# SPDX-License-Identifier: GPL-2.0-only
"""Where one case happens: a cache of its own over the user's, runs, TMPDIR, and the product in it.

The cache is an overlay: what the user's own one holds is there at once and can be damaged,
filled or emptied, and the user's own is never written to. All mounts are in a mount namespace
of the matrix's own, so that none outlives it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from leftovers import end_all
from product import Running

from orchestrator.edge.store import cache_root

TESTS = Path(__file__).resolve().parents[1]
RED_SUITES = TESTS / "kmod-red"
MARK = "ORCHESTRATE_FAULTS_CASE"  # in the environment of all that a case starts
ROOM_MIB = 4096
GREEN = ("boot", "--config", "numa", "--suite", "create")
RED = ("boot", "--config", "numa", "--kmod", str(RED_SUITES))


def red(suite: str, *more: str) -> tuple[str, ...]:
    """The command line that runs a suite of tests/kmod-red."""
    return (*RED, "--suite", f"orch_red_{suite}", *more)


@dataclass
class World:
    """One case's own. env: further variables of what is run here. mounted: by the case itself."""

    name: str
    root: Path
    env: dict[str, str] = field(default_factory=dict)
    mounted: set[str] = field(default_factory=set)
    pids: list[int] = field(default_factory=list)
    killed: bool = False
    runs_made: int = 0

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def changed(self) -> Path:
        """What this case changed in the cache, as overlayfs keeps it."""
        return self.root / "upper"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    def own(self, name: str) -> Path:
        """A new folder for what the case itself needs; the product does not know it."""
        folder = self.root / "own" / name
        folder.mkdir(parents=True)
        return folder

    def start(self, *args: str, name_run: bool = True) -> Running:
        """`orchestrate ARGS`, with a run directory in self.runs; the product names it if not we."""
        self.runs_made += 1
        run_dir = self.runs / str(self.runs_made)
        more = ("--run-dir", str(run_dir)) if name_run else ()
        env = {
            **os.environ,
            "ORCHESTRATE_CACHE": str(self.cache),
            "ORCHESTRATE_RUNS": str(self.runs),
            "TMPDIR": str(self.tmp),
            MARK: self.name,
            **self.env,
        }
        command = [sys.executable, "-m", "orchestrator", *args, *more]
        run = Running(command, env, self.root, run_dir)
        self.pids.append(run.process.pid)
        return run

    def kill(self, run: Running) -> None:
        """kill -9: it cannot clean up, and what it leaves is the next run's to remove."""
        self.killed = True
        run.process.kill()


@contextlib.contextmanager
def world(name: str, base: Path) -> Iterator[World]:
    """A World below base; its mounts are gone afterwards, whatever is still open there."""
    root = base / name
    root.mkdir()
    mount("-t", "tmpfs", "-o", f"size={ROOM_MIB}m", "faults", str(root))
    try:
        for folder in ("cache", "runs", "tmp", "own", "upper", "work"):
            (root / folder).mkdir()
        _hide_half_made(cache_root(), root / "upper")
        options = f"lowerdir={cache_root()},upperdir={root}/upper,workdir={root}/work"
        if os.environ.get(OWN_USERS):
            options += ",userxattr"
        mount("-t", "overlay", "-o", options, "faults", str(root / "cache"))
        yield World(name, root)
    finally:
        end_all(f"{MARK}={name}")
        with contextlib.suppress(subprocess.CalledProcessError):
            _run("umount", "--lazy", "--recursive", str(root))
        root.rmdir()


def _hide_half_made(lower: Path, upper: Path) -> None:
    """What others are making in the user's own cache right now is none of a case's business."""
    for kind in lower.iterdir():
        for path in kind.iterdir() if kind.is_dir() else ():
            if kind.name == "building" or path.suffix == ".partial":
                (upper / kind.name).mkdir(exist_ok=True)
                # How an overlay marks what is not there (Documentation/filesystems/overlayfs.rst).
                os.mknod(upper / kind.name / path.name, stat.S_IFCHR, os.makedev(0, 0))


def mount(*args: str) -> None:
    """mount(8). Raises subprocess.CalledProcessError, with what it said."""
    _run("mount", *args)


def unmount(path: Path) -> None:
    _run("umount", str(path))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, text=True)


OWN_USERS = "ORCHESTRATE_FAULTS_USERNS"


def enter_namespace() -> str:
    """Run this program again in a mount namespace of its own; returns there, with "".

    Why it cannot be, where neither root nor a user namespace may mount.
    """
    inside = "ORCHESTRATE_FAULTS_INSIDE"
    if os.environ.get(inside):
        return ""
    users = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    unshare = ("unshare", "--mount", *users)
    if not shutil.which("unshare"):
        return "there is no unshare (package util-linux)"
    tried = subprocess.run(
        [*unshare, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True
    )
    if tried.returncode != 0:
        return f"this user may not mount: {tried.stderr.strip()}"
    env = {**os.environ, inside: "1", **({OWN_USERS: "1"} if users else {})}
    os.execvpe("unshare", [*unshare, sys.executable, *sys.argv], env)
