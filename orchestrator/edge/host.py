# SPDX-License-Identifier: GPL-2.0-only
"""What this host has and lacks: the table behind `orchestrate doctor` and bootstrap."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from orchestrator.edge import accelerator, process
from orchestrator.edge.guest import find_busybox
from orchestrator.model.arch import ARCHES, DEFAULT, Arch
from orchestrator.model.errors import InfrastructureError


class Need(Struct, frozen=True):
    """A program or file, the Debian package that brings it, and what it is for."""

    name: str
    package: str
    purpose: str
    required: bool = True
    file: str = ""  # look for this file instead of a program
    arch: str = ""  # needed for guests of this architecture alone


def _cross_needs(arch: Arch) -> tuple[Need, ...]:
    """Of an architecture that is not the host's."""
    why = f"--arch {arch.name}"
    gcc, package = f"{arch.cross}gcc", f"gcc-{arch.cross.removesuffix('-')}"
    return (
        Need(arch.qemu, arch.qemu_package, f"{why}: runs the guest", False, arch=arch.name),
        Need(gcc, package, f"{why}: compiles kernel and modules", False, arch=arch.name),
    )


NEEDS = (
    Need("qemu-system-x86_64", "qemu-system-x86", "runs the guest"),
    Need("busybox", "busybox-static", "the guest's user space (static)"),
    Need("gcc", "gcc", "compiles kernel and modules"),
    Need("make", "make", "drives kbuild"),
    Need("flex", "flex", "kconfig's lexer"),
    Need("bison", "bison", "kconfig's parser"),
    Need("bc", "bc", "kernel/time constants"),
    Need("perl", "perl", "some of the kernel's build scripts"),
    Need("libelf headers", "libelf-dev", "objtool", file="/usr/include/libelf.h"),
    Need("libc headers", "libc6-dev", "host programs of the build", file="/usr/include/stdio.h"),
    Need("xz", "xz-utils", "unpacks kernel sources"),
    Need("bzip2", "bzip2", "unpacks .tar.bz2 archives"),
    Need("git", "git", "applies patches, reads git trees"),
    Need("setpriv", "util-linux", "ends our processes when we die"),
    Need("bwrap", "bubblewrap", "keeps builds and QEMU away from your files", required=False),
    Need("mmdebstrap", "mmdebstrap", "--rootfs debian: makes it", required=False),
    Need("mkfs.erofs", "erofs-utils", "--rootfs debian: makes its image", required=False),
    Need("newuidmap", "uidmap", "--rootfs debian without being root", required=False),
    Need("rsync", "rsync", "--kselftest: installs what was built", required=False),
    Need("addr2line", "binutils", "file and line of stack frames", required=False),
    Need("gdb", "gdb", "orchestrate gdb", required=False),
    Need("ccache", "ccache", "faster rebuilds", required=False),
    Need("shellcheck", "shellcheck", "tox -e lint", required=False),
    Need(
        "chromium",
        "chromium",
        "tox -e edge: pages as a browser has them",
        required=False,
        file="/usr/bin/chromium",
    ),
    Need("chromedriver", "chromium-driver", "drives it", required=False),
    *(need for arch in ARCHES.values() if arch.cross for need in _cross_needs(arch)),
)


class Found(Struct, frozen=True):
    """The answer to one Need: where it is ("" if missing), and its version line."""

    need: Need
    where: str
    version: str = ""


def survey() -> Iterator[Found]:
    """Each need, in the table's order."""
    for need in NEEDS:
        where = _where(need)
        version = _version(where) if where and not need.file else ""
        yield Found(need, where, version)


def missing_required(arch: str = DEFAULT) -> tuple[Need, ...]:
    """What must be installed before anything can run for guests of this architecture."""
    needed = (need for need in NEEDS if need.required or need.arch == arch)
    return tuple(need for need in needed if not _where(need))


def require(arch: str = DEFAULT) -> None:
    """InfrastructureError that names what is missing, before anything is started.

    Without this, a build that lacks flex would read as a kernel that does not build.
    """
    missing = missing_required(arch)
    if missing:
        packages = " ".join(dict.fromkeys(need.package for need in missing))
        raise InfrastructureError(
            f"this host lacks {', '.join(need.name for need in missing)}",
            f"on Debian: apt-get install {packages}",
        )


def _where(need: Need) -> str:
    if need.file:
        return need.file if Path(need.file).exists() else ""
    if need.name == "busybox":
        try:
            return str(find_busybox())
        except InfrastructureError:
            return ""
    if need.name == accelerator.QEMU:
        return shutil.which(accelerator.qemu()) or ""
    return shutil.which(need.name) or ""


def _version(program: str) -> str:
    if Path(program).name.startswith("busybox"):
        return process.run([program], timeout_s=10).output.partition("\n")[0]
    return process.run([program, "--version"], timeout_s=10).output.partition("\n")[0]
