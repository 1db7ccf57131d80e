# SPDX-License-Identifier: GPL-2.0-only
"""The functions of vmlinux and of modules, with the sizes kallsyms gives them."""

from __future__ import annotations

import bisect
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from msgspec import Struct

from orchestrator.model.errors import UsageError

# Symbols that kallsyms does not have, so that no function ends at them (scripts/mksysmap).
_NOT_LISTED = re.compile(rb"\.L|\$|L0$|__crc_|__kstrtab|__UNIQUE_ID_modinfo|__kcfi_typeid_")
_NO_CODE = {3, 4}  # STT_SECTION, STT_FILE


class Function(Struct, frozen=True):
    """A function of an image.

    start: an address in vmlinux, an offset into the section in a module. span: bytes up to
    the next symbol as kallsyms sees it, None for the last of its section. size: st_size.
    """

    section: str
    start: int
    size: int
    span: int | None

    def fits(self, printed: int) -> bool:
        """Could the kernel have printed this size? Behind a section's last symbol there is
        padding, or another section of the module: more than its own size it can be."""
        if self.span is None:
            return printed >= self.size
        return printed == self.span


class CodeImage:
    """vmlinux or a .ko. UsageError if the file is none, or has no symbols."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as stream:
                self._read(ELFFile(stream))
        except (OSError, ELFError, struct.error, UnicodeDecodeError) as error:
            raise UsageError(f"{path} cannot be read as an ELF file: {error}") from error

    def _read(self, elf: ELFFile) -> None:
        names = {section.name for section in elf.iter_sections()}
        self.relocatable: bool = elf["e_type"] == "ET_REL"
        self.has_lines = bool(names & {".debug_info", ".zdebug_info"})
        self.dwarf = _dwarf_version(elf)
        self._functions: dict[str, list[Function]] = {}
        starts: dict[int, list[int]] = {}
        found: list[tuple[str, int, int, int]] = []
        sections = {number: section for number, section in enumerate(elf.iter_sections())}
        code = {n: s for n, s in sections.items() if s["sh_flags"] & SH_FLAGS.SHF_EXECINSTR}
        for name, index, value, size in symbols(elf):
            if index in code:
                starts.setdefault(index, []).append(value)
                found.append((name, index, value, size))
        ordered = {index: sorted(set(values)) for index, values in starts.items()}
        for name, index, value, size in found:
            following = ordered[index]
            at = bisect.bisect_right(following, value)
            span = following[at] - value if at < len(following) else None
            function = Function(code[index].name, value, size, span)
            self._functions.setdefault(name, []).append(function)
        if not found:
            raise UsageError(f"{self.path} has no symbol table", "was it stripped?")

    def named(self, name: str) -> list[Function]:
        """Every function of that name: static ones may share it."""
        return self._functions.get(name, [])


def _dwarf_version(elf: ELFFile) -> int:
    """Of the first unit (DWARF 5, 7.5.1): behind a length of 4 bytes, or 12 in 64-bit DWARF.
    0 without debug info, or if it is compressed."""
    section = elf.get_section_by_name(".debug_info")
    if section is None or section.compressed:
        return 0
    elf.stream.seek(section["sh_offset"])
    head = elf.stream.read(14)
    at = 12 if head[:4] == b"\xff\xff\xff\xff" else 4
    return int.from_bytes(head[at : at + 2], "little" if elf.little_endian else "big")


def symbols(elf: ELFFile) -> Iterator[tuple[str, int, int, int]]:
    """(name, section index, value, size). By struct: pyelftools takes seconds for a vmlinux."""
    table = elf.get_section_by_name(".symtab")
    if table is None:
        return
    names = elf.get_section(table["sh_link"]).data()
    order = "<" if elf.little_endian else ">"
    wide = elf.elfclass == 64
    for row in struct.iter_unpack(order + ("IBBHQQ" if wide else "IIIBBH"), table.data()):
        if wide:
            name_at, info, _, index, value, size = row
        else:
            name_at, value, size, info, _, index = row
        if not name_at or info & 0xF in _NO_CODE:
            continue
        raw = names[name_at : names.index(b"\0", name_at)]
        if not _NOT_LISTED.match(raw):
            yield raw.decode(errors="replace"), index, value, size
