# SPDX-License-Identifier: GPL-2.0-only
"""When may the objects of one kernel serve another, and which of them may not?

make compiles again what is older than a file it was made from. It does not see what became of a
file that is gone, that a new file hides another one of its name, or that a program of scripts/
works otherwise now (vmlinux does not depend on scripts/kallsyms, 7.3). What is said here covers
that: in doubt a kernel is built from nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from orchestrator.model.arch import X86_64, Arch

Rows = Mapping[str, str]  # path in the tree → kind ("-" file, "x" executable, "l" link) and digest

FEW = 50  # changed files that are always worth it; a copy of the objects costs a few compilations
_SHARE = 20  # or one in so many: a tree a merge window away shares next to nothing

# What kbuild knows how to follow: by the compiler's lists, by Kconfig's own, by comparing commands.
_FOLLOWED = re.compile(r".*\.[chS]|(?:.*/)?(?:Kconfig|Makefile|Kbuild)[^/]*")
_CODE = re.compile(r".*\.[chS]")
_RULES = re.compile(r"(?:.*/)?(?:Makefile|Kbuild)[^/]*")
_READ_BY_NAME = re.compile(r"(?:Makefile|Kbuild|Kconfig)[^/]*|\..*")


class Difference(Struct, frozen=True):
    """Paths that differ between two trees, sorted. changed: content or mode; namesakes: the same
    in both, but of the name of one that came, which an #include may find first now."""

    changed: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()
    namesakes: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        return (*self.changed, *self.came, *self.went)

    @property
    def newer(self) -> tuple[str, ...]:
        """What must be newer than any object."""
        return (*self.changed, *self.came, *self.namesakes)


def difference(old: Rows, new: Rows) -> Difference:
    """What is to be done to the objects of `old` follows from this."""
    odd = {path for path, _ in old.items() ^ new.items()}
    came = {path for path in odd if path not in old}
    names = new_names(came)
    same = [path for path in new if _name(path) in names and path not in odd] if names else []
    return Difference(
        changed=tuple(sorted(path for path in odd if path in old and path in new)),
        came=tuple(sorted(came)),
        went=tuple(sorted(path for path in odd if path not in new)),
        namesakes=tuple(sorted(same)),
    )


def from_nothing(change: Difference, old: Rows, new: Rows, arch: Arch = X86_64) -> str:
    """Why no object may be, or is worth being, taken over; "" if they may. arch: the kernel's."""
    programs, apart = _programs(arch), _apart(arch)
    if len(change.paths) > max(FEW, len(new) // _SHARE):
        return f"{len(change.paths)} files differ"
    for path in (*change.paths, *change.namesakes):
        if "l" in (old.get(path, "")[:1], new.get(path, "")[:1]):
            return f"{path} is a link"  # make asks for the age of what it points to
    for path in change.paths:
        if not apart.fullmatch(path) and programs.fullmatch(path):
            return f"{path} is part of the build"
        if not apart.fullmatch(path) and not _FOLLOWED.fullmatch(path):
            return f"{path} may have been read by anything"
    return ""


def _programs(arch: Arch) -> re.Pattern[str]:
    """Of the build itself. Those in other folders are named in the rules that run them."""
    return re.compile(rf"(?:scripts|tools|arch/{arch.src}/tools|arch/{arch.src}/boot/tools)/.*")


def _apart(arch: Arch) -> re.Pattern[str]:
    """What is of no use to a kernel of this architecture."""
    used = "|".join((arch.src, *arch.headers))
    return re.compile(
        rf"(?:Documentation|LICENSES|tools/testing|tools/perf|arch/(?!(?:{used})/)[^/]+|"
        rf"arch/{arch.src}/configs)/.*"
        r"|MAINTAINERS|CREDITS|COPYING|README|(?:.*/)?\.[^/]*"
    )


def same_configuration(change: Difference) -> bool:
    """Would Kconfig say the same of both? It reads its own files, and what makefiles tell it."""
    return all(_CODE.fullmatch(path) for path in change.paths)


def stems(change: Difference) -> Mapping[str, frozenset[str]]:
    """Folder → stems: objects there of that name have lost their source, or may have another.

    If a pattern rule finds no source, make takes the object that is there.
    """
    found: dict[str, set[str]] = {}
    for path in (*change.came, *change.went):
        found.setdefault(str(PurePosixPath(path).parent), set()).add(stem(_name(path)))
    return {folder: frozenset(names) for folder, names in found.items()}


def stem(name: str) -> str:
    """ "fork" of fork.c, fork.o, .fork.o.cmd and fork.o_shipped."""
    return name.lstrip(".").partition(".")[0]


def new_names(came: Iterable[str]) -> frozenset[str]:
    """Names that an #include may find elsewhere now: in the sources, or among what is generated."""
    return frozenset(name for path in came if not _READ_BY_NAME.fullmatch(name := _name(path)))


def folders_with_new_rules(change: Difference) -> tuple[str, ...]:
    """Where a makefile differs: what was made there by a rule that keeps no command (.X.cmd) to
    compare is not made again for it. At the top all such files are checked by every make."""
    rules = (path for path in change.paths if _RULES.fullmatch(path) and "/" in path)
    return tuple(dict.fromkeys(str(PurePosixPath(path).parent) for path in rules))


def without_command(names: Sequence[str]) -> tuple[str, ...]:
    """Of the files of one folder of objects, those without a saved command."""
    saved = set(names)
    return tuple(
        name for name in names if not name.endswith(".cmd") and f".{name}.cmd" not in saved
    )


def _name(path: str) -> str:
    return path.rpartition("/")[2]
