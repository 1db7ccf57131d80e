# SPDX-License-Identifier: GPL-2.0-only
"""A static busybox for guests of another architecture than the host's.

It is Debian's, from the mirror that this machine's own apt reads, and checked by apt against
Debian's keys. It runs in guests alone, so nothing is installed: the package is unpacked in the
store, and kept there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestrator.edge.process import check
from orchestrator.edge.sources.apt import PrivateApt, system_suites
from orchestrator.edge.store import Store
from orchestrator.model.arch import Arch
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Progress, StageDone, StageStarted

PACKAGE = "busybox-static"
# Where it is in the package: before and after /bin became a link (Debian 13).
_PLACES = ("bin/busybox", "usr/bin/busybox")


def busybox_for(arch: Arch, store: Store, progress: Progress) -> Path:
    """It, from the store, fetched if it is not there. InfrastructureError if it cannot be had."""

    def make(folder: Path) -> None:
        progress(StageStarted("busybox", f"for {arch.name}, from Debian's mirror"))
        _fetch(arch, folder, progress)
        progress(StageDone("busybox", 0.0))

    folder, _ = store.entry("downloads", f"busybox-{arch.name}", make, progress)
    return folder / "busybox"


def _fetch(arch: Arch, folder: Path, progress: Progress) -> None:
    """The newest version of the system's own suite, as folder/busybox, and nothing else."""
    suite = next(suite for suite in system_suites() if suite.main)
    private = folder / "apt"
    apt = PrivateApt(private, suite, arch.debian)
    apt.update()
    request = ("download", PACKAGE)
    archive = apt.archive(request)
    apt.download(request, archive, folder, progress)
    unpacked = private / "unpacked"
    check(["dpkg-deb", "--extract", str(folder / archive.name), str(unpacked)])
    found = next((unpacked / place for place in _PLACES if (unpacked / place).is_file()), None)
    if not found:
        raise InfrastructureError(f"{archive.name} holds no busybox")
    found.rename(folder / "busybox")
    (folder / archive.name).unlink()
    shutil.rmtree(private)
