# SPDX-License-Identifier: GPL-2.0-only
"""What a run must not leave behind: processes, mounts, locks, temporary and half-made files."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from orchestrator.edge import unfinished

PATIENCE_S = 4.0  # for what dies with its parent to be gone
_RESUMED = ".part"  # of a download, which the next run goes on with


def processes(mark: str) -> Iterator[str]:
    """Those with this "NAME=value" in their environment; what is dead and not yet reaped is not."""
    for pid in marked(mark):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            yield f"process {pid}: {words[:100]}"


def marked(mark: str) -> Iterator[int]:
    """The pids of these processes."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)


def end_all(mark: str) -> None:
    """Kill them, so that a case that came out wrong disturbs no other."""
    for pid in marked(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def mounts() -> frozenset[str]:
    """Mount points of this namespace."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return frozenset(line.split()[4] for line in lines)


def held_locks(cache: Path) -> Iterator[str]:
    """Locks of a store that somebody holds (flock(2), as filelock takes them)."""
    for file in sorted((cache / "locks").glob("*.lock")):
        with file.open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield f"lock held: {file.name}"


def half_made(cache: Path, pids: Collection[int], others: Path | None = None) -> Iterator[str]:
    """Entries of a store that these processes never finished.

    others: a store below this one, in which others may be making entries. (A device is how an
    overlay marks what is gone.)
    """
    makers = tuple(f".{pid}.partial" for pid in pids)
    for kind in sorted(cache.iterdir()):
        for path in sorted(kind.iterdir()) if kind.is_dir() else ():
            build = kind.name == "building" and not (others and _below(others, path).exists())
            # One that says what it is goes on with the next run for the same kernel.
            build = build and not (path / unfinished.FACTS).exists()
            if (build or path.name.endswith(makers)) and not path.is_char_device():
                yield f"half an entry: {kind.name}/{path.name}"


def _below(others: Path, path: Path) -> Path:
    return others / path.parent.name / path.name


def temporary(tmp: Path) -> Iterator[str]:
    """Files in the TMPDIR of a case."""
    yield from (f"temporary file: {path.name}" for path in sorted(tmp.iterdir()))


def half_written(runs: Path) -> Iterator[str]:
    """Run directories that tell nothing, and files that were never finished in others."""
    for path in sorted(runs.rglob("*.partial")):
        yield f"half a file: {path.relative_to(runs)}"
    for path in sorted(runs.iterdir()):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            yield f"empty run directory: {path.name}"


def settled(look: Callable[[], list[str]], patience_s: float = PATIENCE_S) -> list[str]:
    """What look() finds, once it finds nothing, or at the end of our patience."""
    end = time.monotonic() + patience_s
    while (found := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return found
