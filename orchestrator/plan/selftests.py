# SPDX-License-Identifier: GPL-2.0-only
"""make command lines of kselftest, and what their output says of what is missing; pure.

Facts are those of tools/testing/selftests/Makefile and lib.mk, from 6.1 to 7.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HEADERS = "usr"  # in the folder of O=, what `make headers` leaves

# What a compiler, linker, shell or make says of something that is not installed.
_MISSING = re.compile(
    r"fatal error: (?P<header>[\w./+-]+): No such file or directory"
    r"|cannot find -l(?P<library>[\w.+-]+)"
    r"|[Pp]ackage '?(?P<package>[\w.+-]+?)'?,? (?:was not found|required by|not found)"
    r"|(?:^|: )(?P<tool>[\w.+-]+): (?:command )?not found\b"
    r"|^make(?:\[\d+\])?: (?P<program>[\w./+-]+): No such file or directory"
)
# Headers that the kernel's tree has itself: if one is not found, the tree is at fault.
_OWN = re.compile(r"(?:linux|asm|asm-generic|rdma|kselftest|\.\.)[\w./-]*|[\w-]+\.(?:skel|bpf)\.h")
# Debian's package of what selftests need most.
_PACKAGES = {
    "sys/capability.h": "libcap-dev", "cap": "libcap-dev", "libcap": "libcap-dev",
    "cap-ng.h": "libcap-ng-dev", "cap-ng": "libcap-ng-dev",
    "numa.h": "libnuma-dev", "numaif.h": "libnuma-dev", "numa": "libnuma-dev",
    "libmnl/libmnl.h": "libmnl-dev", "mnl": "libmnl-dev", "libmnl": "libmnl-dev",
    "popt.h": "libpopt-dev", "popt": "libpopt-dev",
    "fuse.h": "libfuse-dev", "fuse": "libfuse-dev",
    "alsa/asoundlib.h": "libasound2-dev", "asound": "libasound2-dev", "alsa": "libasound2-dev",
    "liburing.h": "liburing-dev", "uring": "liburing-dev",
    "hugetlbfs.h": "libhugetlbfs-dev", "libelf.h": "libelf-dev", "elf": "libelf-dev",
    "openssl/crypto.h": "libssl-dev", "crypto": "libssl-dev",
    "keyutils.h": "libkeyutils-dev", "keyutils": "libkeyutils-dev",
    "traceevent/event-parse.h": "libtraceevent-dev", "clang": "clang", "llc": "llvm",
    "rsync": "rsync", "pkg-config": "pkg-config", "rst2man": "python3-docutils",
}  # fmt: skip


def headers_argv(source: str, out: str, jobs: int) -> tuple[str, ...]:
    """The kernel's headers for user space, below `out`."""
    return ("make", "-C", source, f"O={out}", "ARCH=x86_64", f"-j{jobs}", "headers")


def install_argv(source: str, out: str, to: str, target: str, jobs: int) -> tuple[str, ...]:
    """One target, built below `out` and installed to `to`; make fails if it does not build."""
    return (
        "make",
        "-C",
        f"{source}/tools/testing/selftests",
        f"O={out}",
        f"-j{jobs}",
        f"TARGETS={target}",
        "SKIP_TARGETS=",
        "FORCE_TARGETS=1",
        f"KSFT_INSTALL_PATH={to}",
        f"KDIR={source}/build",
        "install",
    )


def missing(lines: Iterable[str]) -> tuple[str, str]:
    """(the words that tell of something this host lacks, what to install or ""); ("", "") if
    nothing in a build's output does."""
    for line in lines:
        match = _MISSING.search(line)
        if match is None:
            continue
        header = match["header"] or ""
        if header and _OWN.fullmatch(header):
            continue
        name = header or next(filter(None, match.groups()), "")
        return line.strip(), _PACKAGES.get(name, "")
    return "", ""
