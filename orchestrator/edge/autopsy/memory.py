# SPDX-License-Identifier: GPL-2.0-only
"""A guest's memory image as a drgn program: types from one object, symbols from vmlinux.

drgn needs no debug info of the kernel itself for this. Facts are drgn 0.3's. Where memory is
mapped, layout.py says.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from pathlib import Path

from drgn import (
    FindObjectFlags,
    Object,
    Program,
    Symbol,
    SymbolBinding,
    SymbolIndex,
    SymbolKind,
)
from drgn.helpers.linux.kallsyms import module_kallsyms
from drgn.helpers.linux.module import for_each_module, module_address_regions
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from orchestrator.edge.autopsy import layout
from orchestrator.edge.autopsy.reading import Asked
from orchestrator.edge.elf_code import symbols

# Variables of the kernel we look at, with their types.
_TYPES = {
    "init_task": "struct task_struct",
    "modules": "struct list_head",
    "init_pid_ns": "struct pid_namespace",  # for drgn.helpers.linux.for_each_task()
}
BANNER = b"Linux version "  # linux_banner[], init/version-timestamp.c
MOST_MODULES = 1000


class Damaged(Exception):
    """The image is not one of this kernel's memory, or not whole."""


class Memory:
    """The program, and names for what is at an address. Raises Damaged."""

    def __init__(self, asked: Asked, modules: Sequence[str] = ()) -> None:
        """modules: .ko files of what may be in it; with asked.types "", vmlinux and they have
        debug info."""
        self.addresses, index = _symbols(Path(asked.vmlinux))
        try:
            vmcoreinfo = layout.vmcoreinfo(asked, self.addresses)
        except LookupError as error:
            raise Damaged(f"vmlinux has no {error.args[0]}") from error
        self.prog = Program(layout.platform(asked.arch), vmcoreinfo=vmcoreinfo)
        self.prog.set_core_dump(asked.image)
        self.prog.set_enabled_debug_info_finders([])
        if asked.types:
            self.prog.extra_module("types", create=True).try_file(asked.types, force=True)
        else:
            self.prog.main_module("kernel", create=True).try_file(asked.vmlinux, force=True)
        self.prog.register_object_finder("vmlinux", self._object, enable_index=0)
        self.prog.register_symbol_finder("vmlinux", index, enable_index=0)
        self._check()
        if not asked.types:
            self._load_debug_info(modules)
        self._modules: list[tuple[int, int, str]] = []

    def _load_debug_info(self, files: Sequence[str]) -> None:
        there = {Path(file).stem.replace("-", "_"): file for file in files}
        for module, _ in self.prog.loaded_modules():
            if module.name in there:
                module.try_file(there[module.name])  # if the build id fits

    def _object(
        self, prog: Program, name: str, _flags: FindObjectFlags, _file: str | None
    ) -> Object | None:
        if name in _TYPES and name in self.addresses:
            return Object(prog, _TYPES[name], address=self.addresses[name])
        return None

    def _check(self) -> None:
        """What any memory of this kernel must have where vmlinux says."""
        banner = self.prog.read(self.addresses["linux_banner"], len(BANNER))
        first = self.prog["init_task"].comm.string_()
        if banner != BANNER or not first.startswith(b"swapper"):
            raise Damaged("it does not hold this kernel")

    def load_modules(self) -> Iterator[str]:
        """Symbols of the modules in memory; says which could not be had."""
        found: list[Symbol] = []
        for number, module in enumerate(for_each_module(self.prog)):
            if number >= MOST_MODULES:
                yield "the list of modules does not end"
                break
            name = module.name.string_().decode(errors="replace")
            regions = module_address_regions(module)
            self._modules += [(at, at + size, name) for at, size in regions if size]
            found += module_kallsyms(module)
        self.prog.register_symbol_finder("modules", SymbolIndex(found), enable_index=1)

    def code(self, address: int, *, call: bool) -> str:
        """function+0xoffset/0xsize [module], as %pS prints it. call: a return address."""
        try:
            symbol = self.prog.symbol(address - 1 if call else address)
        except LookupError:
            return f"{address:#x}{self._module(address)}"
        offset = address - symbol.address
        return f"{symbol.name}+{offset:#x}/{symbol.size:#x}{self._module(address)}"

    def data(self, address: int) -> str:
        """The name of a variable or function that begins at the address, or the address."""
        try:
            symbol = self.prog.symbol(address)
        except LookupError:
            return f"{address:#x}{self._module(address)}"
        plus = f"+{address - symbol.address:#x}" if address != symbol.address else ""
        return f"{symbol.name}{plus}{self._module(address)}"

    def _module(self, address: int) -> str:
        name = next((name for at, end, name in self._modules if at <= address < end), "")
        return f" [{name}]" if name else ""


def _symbols(vmlinux: Path) -> tuple[dict[str, int], SymbolIndex]:
    """(name → address, index of what is code or data). A function ends where the next symbol
    begins, as kallsyms has it; data ends by its own size."""
    with vmlinux.open("rb") as stream:
        elf = ELFFile(stream)
        code = {
            number
            for number, section in enumerate(elf.iter_sections())
            if section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR
        }
        rows = [row for row in symbols(elf) if row[2]]
    addresses: dict[str, int] = {}
    inside = [(value, name, size) for name, index, value, size in rows if index in code]
    sized = {value for value, _, size in inside if size}
    # Where a section begins (__sched_text_start) is a function's other name.
    functions = sorted({(value, name) for value, name, size in inside
                        if size or value not in sized})  # fmt: skip
    starts = [value for value, _ in functions]
    made = []
    for value, name in functions:
        following = bisect.bisect_right(starts, value)
        end = starts[following] if following < len(starts) else value
        made.append(_symbol(name, value, end - value, SymbolKind.FUNC))
    for name, index, value, size in rows:
        addresses.setdefault(name, value)
        if index not in code and size:
            made.append(_symbol(name, value, size, SymbolKind.OBJECT))
    return addresses, SymbolIndex(made)


def _symbol(name: str, address: int, size: int, kind: SymbolKind) -> Symbol:
    return Symbol(name, address, size, SymbolBinding.GLOBAL, kind)
