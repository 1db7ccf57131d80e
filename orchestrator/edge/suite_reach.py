# SPDX-License-Identifier: GPL-2.0-only
"""Which suites call into what a change touches: by the symbols of modules and objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from orchestrator.edge.preflight import read_module
from orchestrator.model.job import BuiltKernel, BuiltModule

# What no kernel is made of.
_NO_CODE = ("Documentation/", "LICENSES/", "tools/", "samples/", "MAINTAINERS", "CREDITS", ".")
_TEXTS = (".rst", ".txt", ".md")


def touched_suites(
    files: Iterable[str], kernel: BuiltKernel, module: BuiltModule
) -> tuple[tuple[str, ...], str]:
    """(suites to run, () for all; why, in words).

    A suite is touched if it calls what an object of a changed C file defines. All are if the core
    module does, which acts for each of them. Of a header, a makefile or an option nothing is known:
    all are run. So they are where no suite calls into it.
    """
    code = [path for path in files if not _no_code(path)]
    built = [path for path in code if _object(kernel, path) is not None]
    unclear = [path for path in code if not path.endswith(".c")]
    if unclear:
        return (), f"all suites, since {unclear[0]} may change anything"
    if not built:
        return (), "all suites: no changed file has an object of its own in this kernel"
    defined = frozenset().union(*(_defined(kernel, path) for path in built))
    if read_module(module.core).needs & defined:
        return (), f"all suites: what they share calls into {', '.join(built[:3])}"
    found = tuple(suite.name for suite, path in module.suites if read_module(path).needs & defined)
    if not found or len(found) == len(module.suites):
        return (), "all suites" + ("" if found else f": none calls into {built[0]} itself")
    return found, f"{', '.join(found)}: they call into {', '.join(built[:3])}"


def _no_code(path: str) -> bool:
    return path.startswith(_NO_CODE) or path.endswith(_TEXTS)


def _object(kernel: BuiltKernel, path: str) -> Path | None:
    made = kernel.obj / PurePosixPath(path).with_suffix(".o")
    return made if path.endswith(".c") and ".." not in Path(path).parts and made.is_file() else None


def _defined(kernel: BuiltKernel, path: str) -> frozenset[str]:
    """Global symbols of the file's object."""
    made = _object(kernel, path)
    assert made
    try:
        with made.open("rb") as stream:
            table = ELFFile(stream).get_section_by_name(".symtab")
            if not isinstance(table, SymbolTableSection):
                return frozenset()
            return frozenset(_global(table))
    except (OSError, ELFError):
        return frozenset()


def _global(table: SymbolTableSection) -> Sequence[str]:
    return [
        symbol.name
        for symbol in table.iter_symbols()
        if symbol["st_shndx"] != "SHN_UNDEF" and symbol["st_info"]["bind"] != "STB_LOCAL"
    ]
