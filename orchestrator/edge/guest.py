# SPDX-License-Identifier: GPL-2.0-only
"""Packs the guest, busybox and rootfs/, as an initramfs, and its job as another archive."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.config.assets import asset_dir
from orchestrator.config.own_modules import file_of
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltModule
from orchestrator.plan import cpio
from orchestrator.plan.guest import GuestJob, guest_files, job_files

# Applets of busybox the steps use.
APPLETS = (
    "sh", "mount", "cat", "sed", "insmod", "rmmod", "poweroff", "sleep", "usleep", "wc", "mkdir",
    "find", "tar", "cpio", "base64",
)  # fmt: skip
# Beside init and its steps, in rootfs/: what they call or read.
PROGRAMS = ("plug.sh", "supervise.sh", "view.sh")


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


def image(busybox: Path | None = None) -> bytes:
    """The initramfs: the same bytes for every run. What belongs to one run comes later (job).
    busybox: of guests that the host's own does not run on."""
    rootfs = asset_dir("rootfs")
    folders = ("bin", "dev", "guest", "proc", "steps", "sys")
    entries = [cpio.directory(name) for name in folders]
    entries.append(cpio.character_device("dev/console", 5, 1))
    entries.append(cpio.file("bin/busybox", (busybox or find_busybox()).read_bytes(), 0o755))
    entries.extend(cpio.symlink(f"bin/{name}", "busybox") for name in APPLETS)
    entries.append(cpio.file("init", (rootfs / "init").read_bytes(), 0o755))
    for name in PROGRAMS:
        entries.append(cpio.file(name, (rootfs / name).read_bytes(), 0o755))
    for step in sorted((rootfs / "steps").glob("*.sh")):
        entries.append(cpio.file(f"steps/{step.name}", step.read_bytes()))
    for name, data in sorted(guest_files().items()):
        entries.append(cpio.file(f"guest/{name}", data))
    return cpio.archive(entries)


def modules(module: BuiltModule) -> bytes:
    """The same as a second archive behind image(), for runs of our suites alone: they are the
    same for each of them, and what comes with a job is read at some 4 MB/s."""
    entries = [cpio.directory("job"), cpio.file("job/core.ko", module.core.read_bytes())]
    for suite, path in module.suites:
        entries.append(cpio.file(f"job/{suite.module}.ko", path.read_bytes()))
    return cpio.archive(entries)


def job_archive(
    job: GuestJob,
    module: BuiltModule,
    session: Mapping[str, bytes] | None = None,
    added: Sequence[cpio.Entry] = (),
    there: bool = False,
) -> bytes:
    """What init is sent once it is ready: /job with its modules; in a session with all of them.

    session: further files of /job, if there is one; nobody but root reads them. added: what the
    user brings along. there: the guest has them already (modules()).
    """
    entries = [cpio.directory("job")]
    for name, data in sorted(job_files(job).items()):
        entries.append(cpio.file(f"job/{name}", data))
    if not there:
        entries.append(cpio.file("job/core.ko", module.core.read_bytes()))
    for suite, path in module.suites:
        if not there and (session is not None or suite in job.suites):
            entries.append(cpio.file(f"job/{suite.module}.ko", path.read_bytes()))
    if job.modules:
        entries.append(cpio.directory("job/own"))
    for own in job.modules:
        file = file_of(own, module.own)
        entries.append(cpio.file(f"job/own/{own.name}.ko", file.read_bytes()))
    for folder in sorted({name.partition("/")[0] for name in session or ()}):
        entries.append(cpio.directory(f"job/{folder}"))
    entries.extend(cpio.file(f"job/{name}", data, 0o600) for name, data in (session or {}).items())
    entries.extend(added)
    return cpio.archive(entries)
