# SPDX-License-Identifier: GPL-2.0-only
"""Packs the guest: busybox, rootfs/, the modules and the job, as one initramfs."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestrator.config.assets import asset_dir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltModule
from orchestrator.plan import cpio
from orchestrator.plan.guest import GuestJob, job_files

# Applets of busybox the steps use.
APPLETS = (
    "sh", "mount", "cat", "sed", "insmod", "rmmod", "poweroff", "sleep", "usleep", "wc", "mkdir",
    "find", "tar",
)  # fmt: skip


def find_busybox() -> Path:
    """A statically linked busybox; InfrastructureError if there is none.

    The guest has no libraries, so a dynamic one (PT_INTERP in its headers) won't do.
    """
    for place in (shutil.which("busybox.static"), "/bin/busybox", shutil.which("busybox")):
        if place and Path(place).is_file() and b"/lib64/ld-linux" not in _head(Path(place)):
            return Path(place)
    raise InfrastructureError("no static busybox", "install the package busybox-static")


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4096)


def pack(job: GuestJob, module: BuiltModule) -> bytes:
    """The initramfs of one run: the same bytes for the same input."""
    rootfs = asset_dir("rootfs")
    entries = [cpio.directory(name) for name in ("bin", "dev", "job", "proc", "steps", "sys")]
    entries.append(cpio.character_device("dev/console", 5, 1))
    entries.append(cpio.file("bin/busybox", find_busybox().read_bytes(), 0o755))
    entries.extend(cpio.symlink(f"bin/{name}", "busybox") for name in APPLETS)
    entries.append(cpio.file("init", (rootfs / "init").read_bytes(), 0o755))
    for step in sorted((rootfs / "steps").glob("*.sh")):
        entries.append(cpio.file(f"steps/{step.name}", step.read_bytes()))
    for name, data in sorted(job_files(job).items()):
        entries.append(cpio.file(f"job/{name}", data))
    entries.append(cpio.file("job/core.ko", module.core.read_bytes()))
    for suite, path in module.suites:
        if suite in job.suites:
            entries.append(cpio.file(f"job/{suite.module}.ko", path.read_bytes()))
    return cpio.archive(entries)
