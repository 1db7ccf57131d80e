# SPDX-License-Identifier: GPL-2.0-only
"""Where the sources were when an image was compiled, so that its paths can be shown without."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from elftools.common.exceptions import DWARFError, ELFError
from elftools.elf.elffile import ELFFile

from orchestrator.edge.addr2line import addr2line
from orchestrator.edge.elf_code import CodeImage

_COMMON = "scripts/module-common.c"
# Functions every kernel has, and the file each is in.
_LANDMARKS = (("start_kernel", "init/main.c"), ("kernel_init", "init/main.c"))


def tree_root(vmlinux: CodeImage) -> str:
    """The prefix of the tree's own files, with a slash behind it; "" if there is none."""
    for name, file in _LANDMARKS:
        for function in vmlinux.named(name):
            (places,) = addr2line(vmlinux.path, "", [function.start])
            path = posixpath.normpath(places[-1].file) if places else ""
            if path.endswith(f"/{file}"):
                return path.removesuffix(file)
    return ""


def module_roots(module: Path) -> tuple[str, ...]:
    """Where a module's own sources were, and the tree it was built against if that is told.

    Every module is linked with scripts/module-common.c (6.13) or its own NAME.mod.c: neither
    is where its code is.
    """
    files = [file for file in _sources(module) if file.startswith("/")]
    trees = [file.removesuffix(_COMMON) for file in files if file.endswith(f"/{_COMMON}")]
    own = [f for f in files if not f.endswith((f"/{_COMMON}", ".mod.c"))]
    folder = posixpath.commonpath([posixpath.dirname(file) for file in own]) if own else ""
    inside = any(folder.startswith(tree) for tree in trees)  # a driver of the tree itself
    return (*trees, f"{folder}/") if folder and not inside else tuple(trees)


def relative(file: str, roots: Sequence[str]) -> str:
    """A file name without the root it lies below; the longest root counts."""
    if not file:
        return ""
    file = posixpath.normpath(file)
    for root in sorted(roots, key=len, reverse=True):
        if root and file.startswith(root):
            return file.removeprefix(root)
    return file


def _sources(module: Path) -> Iterator[str]:
    """The file each compilation unit was made from, as an absolute path; never raises."""
    try:
        with module.open("rb") as stream:
            elf = ELFFile(stream)
            for unit in elf.get_dwarf_info().iter_CUs() if elf.has_dwarf_info() else ():
                yield posixpath.normpath(unit.get_top_DIE().get_full_path())
    except (OSError, ELFError, DWARFError, KeyError, ValueError, NotImplementedError):
        return
