# SPDX-License-Identifier: GPL-2.0-only
"""What a debugger is told of a kernel's and its modules' files."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from elftools.common.exceptions import DWARFError, ELFError
from elftools.elf.elffile import ELFFile

from orchestrator.edge.elf_code import CodeImage, symbols
from orchestrator.edge.source_root import module_roots, tree_root
from orchestrator.model.errors import UsageError
from orchestrator.model.job import BuiltKernel
from orchestrator.plan.gdb import ModuleFile, sections

FEW = 8  # symbols of a section by which it is found
_REDUCED = "CONFIG_DEBUG_INFO_REDUCED=y"


def addresses(vmlinux: Path) -> dict[str, int]:
    """Of what vmlinux has a name for; of several of one name, the first. Raises UsageError."""
    try:
        with vmlinux.open("rb") as stream:
            found: dict[str, int] = {}
            for name, index, value, _ in symbols(ELFFile(stream)):
                if index:
                    found.setdefault(name, value)
            return found
    except (OSError, ELFError, struct.error) as error:
        raise UsageError(f"{vmlinux} cannot be read as an ELF file: {error}") from error


def module_file(path: Path) -> tuple[ModuleFile, frozenset[str]]:
    """(what gdb needs of a .ko, names in it). Raises UsageError."""
    try:
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            names = [
                (one.name, int(one["sh_flags"]), int(one["sh_size"])) for one in elf.iter_sections()
            ]
            table = elf.get_section_by_name(".symtab")
            rows = [] if table is None else [*struct.iter_unpack("<IBBHQQ", table.data())]
            every = [(name, index, value) for name, index, value, _ in symbols(elf) if index]
    except (OSError, ELFError, struct.error) as error:
        raise UsageError(f"{path} cannot be read as an ELF file: {error}") from error
    known = frozenset(name for name, _, _ in every)
    found = sections(names, ((row[3], row[4]) for row in rows))
    return ModuleFile(str(path), found, _named(names, every)), known


def _named(
    names: Sequence[tuple[str, int, int]], every: Sequence[tuple[str, int, int]]
) -> dict[str, tuple[tuple[str, int], ...]]:
    counts = Counter(name for name, _, _ in every)
    found: dict[str, list[tuple[str, int]]] = {}
    for name, index, value in every:
        if counts[name] == 1 and index < len(names):
            found.setdefault(names[index][0], []).append((name, value))
    return {section: tuple(inside[:FEW]) for section, inside in found.items()}


def has_lines(kernel: BuiltKernel) -> bool:
    """Has vmlinux debug info, of whatever size?"""
    return CodeImage(kernel.vmlinux).has_lines


def has_types(kernel: BuiltKernel) -> bool:
    """Does vmlinux itself tell all structures?"""
    return has_lines(kernel) and not _reduced(kernel)


def missing(kernel: BuiltKernel) -> str:
    """What its debug info does not tell, in words; "" if it has all."""
    if not has_lines(kernel):
        return (
            "the kernel has no debug info: functions and structures have names; source lines, "
            "arguments and local variables have not; --config ...,gdb builds it in"
        )
    if _reduced(kernel):
        return (
            "the kernel's debug info is lines alone (debuginfo): arguments and local variables "
            "may be incomplete; --config ...,gdb builds all of it in"
        )
    return ""


def _reduced(kernel: BuiltKernel) -> bool:
    return _REDUCED in kernel.config.read_text().splitlines()


def moved_sources(kernel: BuiltKernel, modules: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """(folder of sources when they were compiled, where they are now); none without lines."""
    moved: list[tuple[str, str]] = []
    try:
        image = CodeImage(kernel.vmlinux)
        if not image.has_lines:
            return ()
        moved.append((tree_root(image), str(kernel.src)))
        for module in modules:
            roots = [(root, str(module.parent)) for root in module_roots(module)]
            moved += [(old, new) for old, new in roots if not Path(old, "Makefile").is_file()]
    except (UsageError, DWARFError, OSError):
        pass  # only the text of lines is lost
    rows = ((old.rstrip("/"), new) for old, new in moved if old)
    return tuple(dict.fromkeys(row for row in rows if row[0] != row[1]))
