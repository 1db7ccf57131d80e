# SPDX-License-Identifier: GPL-2.0-only
"""As many machines at a time as the host has cores and memory for, whoever starts them.

pytest-xdist has a process for each worker; what they share is a folder of lock files.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from orchestrator.edge.memory import QEMU_MIB, available_mib

POLL_S = 0.1


class Slots:
    """count: at most so many, one for each core by default."""

    def __init__(self, folder: Path, count: int | None = None) -> None:
        self._folder = folder
        self._count = count or os.cpu_count() or 1

    @contextlib.contextmanager
    def one(self, mem_mib: int, waits: bool = True) -> Iterator[None]:
        """Wait for a free one, and for so much memory, unless no other machine runs. waits: if
        not, and there is none, go on without."""
        self._folder.mkdir(parents=True, exist_ok=True)
        while (lock := self._free(mem_mib)) is None and waits:
            time.sleep(POLL_S)
        try:
            yield
        finally:
            if lock:
                lock.release()

    def _free(self, mem_mib: int) -> BaseFileLock | None:
        """The first one is there for whoever runs alone, however little memory there is."""
        fits = available_mib() >= mem_mib + QEMU_MIB
        for number in range(self._count if fits else 1):
            lock = FileLock(self._folder / f"{number}.lock", thread_local=False)
            with contextlib.suppress(Timeout):
                lock.acquire(blocking=False)
                return lock
        return None
