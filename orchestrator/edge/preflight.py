# SPDX-License-Identifier: GPL-2.0-only
"""Would these modules load into this kernel? Asked before the boot, as the loader will ask.

Sources: check_modinfo() and resolve_symbol() in kernel/module/main.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from msgspec import Struct

from orchestrator.model.errors import BuildBroken
from orchestrator.model.job import BuiltKernel, BuiltModule

# license_is_gpl_compatible() in include/linux/license.h
_GPL = {"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL"}


class Export(Struct, frozen=True):
    """A row of Module.symvers."""

    name: str
    gpl_only: bool


class ModuleFile(Struct, frozen=True):
    """What the loader looks at. needs: undefined, non-weak symbols."""

    name: str
    vermagic: str
    gpl: bool
    needs: frozenset[str]
    exports: frozenset[str]


def preflight(kernel: BuiltKernel, module: BuiltModule) -> None:
    """BuildBroken that says which module would be refused, and why."""
    exported = {export.name: export for export in _symvers(kernel.obj / "Module.symvers")}
    core = read_module(module.core)
    exporters = (core, *(read_module(path) for path in module.own))
    from_core = {name: Export(name, gpl_only=True) for one in exporters for name in one.exports}
    magic = kernel_vermagic(kernel.vmlinux)
    for path in (module.core, *module.own, *(path for _, path in module.suites)):
        for reason in refusals(read_module(path), magic, exported | from_core):
            raise BuildBroken(
                f"{path.name} would not load into {kernel.release}: {reason}",
                "did the patch change what the kernel exports?",
            )


def refusals(file: ModuleFile, magic: str, exports: dict[str, Export]) -> Iterator[str]:
    """Every reason the loader would have."""
    if file.vermagic != magic:
        yield f"vermagic {file.vermagic!r}, the kernel's is {magic!r}"
    for name in sorted(file.needs):
        if name not in exports:
            yield f"the kernel does not export {name}"
        elif exports[name].gpl_only and not file.gpl:
            yield f"{name} is exported to GPL modules only"


def _symvers(path: Path) -> Iterator[Export]:
    for line in path.read_text().splitlines():
        _crc, name, _where, kind, *_ = line.split("\t")
        yield Export(name, "GPL" in kind)


def kernel_vermagic(vmlinux: Path) -> str:
    """The string `vermagic` of kernel/module/main.c, from the image's own data."""
    with vmlinux.open("rb") as stream:
        elf = ELFFile(stream)
        for symbol in _symbols(elf).get_symbol_by_name("vermagic") or []:
            section = elf.get_section(symbol["st_shndx"])
            stream.seek(section["sh_offset"] + symbol["st_value"] - section["sh_addr"])
            return stream.read(256).split(b"\0")[0].decode()
    raise BuildBroken(f"{vmlinux.name} has no vermagic: a kernel without CONFIG_MODULES?")


def _symbols(elf: ELFFile) -> SymbolTableSection:
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        raise BuildBroken("an ELF file without a symbol table: was it stripped?")
    return table


def read_module(path: Path) -> ModuleFile:
    """Raises BuildBroken if the file is no loadable ELF object."""
    try:
        with path.open("rb") as stream:
            return _read(path, ELFFile(stream))
    except (OSError, ELFError) as error:
        raise BuildBroken(f"{path.name} is not a module: {error}") from error


def _read(path: Path, elf: ELFFile) -> ModuleFile:
    info: dict[str, str] = {}
    section = elf.get_section_by_name(".modinfo")
    for pair in section.data().split(b"\0") if section else ():
        key, _, value = pair.decode(errors="replace").partition("=")
        info.setdefault(key, value)
    needs, defined = set(), set()
    for symbol in _symbols(elf).iter_symbols():
        undefined = symbol["st_shndx"] == "SHN_UNDEF"
        if undefined and symbol.name and symbol["st_info"]["bind"] != "STB_WEAK":
            needs.add(symbol.name)
        if not undefined:
            defined.add(symbol.name)
    # EXPORT_SYMBOL leaves an entry __ksymtab_NAME (include/linux/export.h).
    exports = {name.removeprefix("__ksymtab_") for name in defined if "__ksymtab_" in name}
    return ModuleFile(
        name=path.name,
        vermagic=info.get("vermagic", ""),
        gpl=info.get("license", "") in _GPL,
        needs=frozenset(needs),
        exports=frozenset(exports),
    )
