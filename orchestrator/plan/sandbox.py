# SPDX-License-Identifier: GPL-2.0-only
"""The bubblewrap command line around one that is not trusted, pure. Facts: bwrap(1) of 0.8.

Such a command sees the system's programs and libraries, the files it is told to read or write,
an empty /tmp, and nothing else: no home, no network, no other process. It has no capabilities,
whoever started it, and can gain none (bwrap sets PR_SET_NO_NEW_PRIVS).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

# Programs and libraries, and what finds them; those of Nix and Guix are elsewhere.
SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
    "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/nix/store", "/gnu/store",
)  # fmt: skip
HOME = "/tmp"  # inside: empty, and gone with the command
# What an environment may bring along. The rest, tokens and agents' sockets, stays outside.
KEPT_ENV = ("PATH", "LANG", "LC_ALL", "TZ")


class Shown(Struct, frozen=True):
    """What a command may see beside the system; paths are the same inside and outside.

    links: (path, what it points to). devices: device nodes. scratch: has it /tmp, /proc and the
    usual devices? QEMU needs none of them.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    devices: tuple[str, ...] = ()
    scratch: bool = True


def argv(
    bwrap: str, system: Sequence[tuple[str, str]], shown: Shown, cwd: str, command: Sequence[str]
) -> tuple[str, ...]:
    """bwrap's words, then the command's. system: of SYSTEM what there is, as (path, what it
    points to or "" if it is no link). Later words cover earlier ones: reads, then writes in them.

    Without --new-session: edge/process.py makes one for each command, without a terminal, and
    ends all of its group.
    """
    return (bwrap, *_namespaces(), *_files(system, shown), "--chdir", cwd, "--", *command)


def _namespaces() -> Iterator[str]:
    # Without --cap-drop, root keeps its capabilities inside.
    yield from ("--unshare-all", "--cap-drop", "ALL", "--die-with-parent")


def _files(system: Sequence[tuple[str, str]], shown: Shown) -> Iterator[str]:
    for path, target in system:
        yield from ("--symlink", target, path) if target else ("--ro-bind", path, path)
    if shown.scratch:
        yield from ("--dev", "/dev", "--proc", "/proc", "--tmpfs", HOME)
    for path in shown.devices:
        yield from ("--dev-bind", path, path)
    for path, target in shown.links:
        yield from ("--symlink", target, path)
    for path in shown.reads:
        yield from ("--ro-bind", path, path)
    for path in shown.writes:
        yield from ("--bind", path, path)
    yield from ("--remount-ro", "/")


def environment(ours: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a command inside. bwrap itself gets no other: as process 1 of
    the sandbox, its own could be read there."""
    kept = {name: ours[name] for name in KEPT_ENV if name in ours}
    return {**kept, "HOME": HOME, **added}


def outside(path: str) -> bool:
    """Is this path not in SYSTEM's folders?"""
    return not any(path == top or path.startswith(f"{top}/") for top in SYSTEM)


def program(found: str, real: str, home: str) -> Shown:
    """What it takes to run a program that was found outside SYSTEM. real: found without links.

    The folder it was installed to, since compilers look for their parts beside them; but never
    the home folder, one that holds it, or a hidden one in it (~/.local, ~/.cargo): then the file
    alone.
    """
    links = ((found, real),) if found != real else ()
    if not outside(real):
        return Shown(links=links)
    folder = posixpath.dirname(real)
    prefix = posixpath.dirname(folder)
    holds = f"{home}/".startswith(f"{prefix.rstrip('/')}/")
    hidden = posixpath.dirname(prefix) == home and posixpath.basename(prefix).startswith(".")
    installed = posixpath.basename(folder) in ("bin", "sbin") and not holds and not hidden
    return Shown(reads=(prefix if installed else real,), links=links)
