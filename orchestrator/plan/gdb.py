# SPDX-License-Identifier: GPL-2.0-only
"""The gdb command line, and what data/gdb/start.py goes by, pure. Facts are gdb 13's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

ENV = "ORCHESTRATE_GDB"  # names the file that has Facts as JSON

# Sections of a module that symbols of interest are in; gdb takes any that the file has.
SHF_ALLOC = 0x2


@dataclass(frozen=True)
class ModuleFile:
    """A .ko. sections: name → (index of a symbol of that section, its value in the file)."""

    file: str
    sections: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Facts:
    """What start.py does. Addresses are the kernel's own; 0: there is no such function.

    types: an object with the kernel's structures, "" if vmlinux has them itself. begun: a file
    that is written to once the guest is stopped in its first function. scripts: the tree's lx-
    commands, "" for none. settings: of gdb's `set`. notes: what the user is told at the start.
    """

    socket: str
    begun: str
    first: int
    panic: int
    do_init_module: int
    current: int
    frames: bool = False  # vmlinux itself says how to get from a frame to its caller's
    types: str = ""
    scripts: str = ""
    modules: Mapping[str, ModuleFile] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def argv(
    gdb: str, vmlinux: str, start: str, commands: Iterable[tuple[str, str]], batch: bool
) -> tuple[str, ...]:
    """The whole command line. commands: ("ex", COMMAND) or ("x", FILE), in order.

    No file of the user's is read besides, and nothing is asked of the network or of a file beside
    vmlinux: what gdb runs is what is named here.
    """
    early = ("set auto-load off", "set debuginfod enabled off", "set history save off")
    given = [word for kind, text in commands for word in (f"-{kind}", text)]
    return (
        gdb,
        "-q",
        "-nx",
        *(("-batch",) if batch else ()),
        *(word for line in early for word in ("-iex", line)),
        vmlinux,
        "-x",
        start,
        *given,
    )


def sections(
    names: Sequence[tuple[str, int]], symbols: Iterable[tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """Section → (index of its first symbol, that one's value), of sections that are loaded.

    names: (name, flags) of each section of a module, by index; symbols: (section's index, value)
    of each, in the table's order. Such a symbol's address in the guest, less the value, is where
    the section lies (simplify_symbols() in kernel/module/main.c). Of what the kernel lays out
    itself, per-CPU data, the address is none.
    """
    found: dict[str, tuple[int, int]] = {}
    for index, (section, value) in enumerate(symbols):
        if 0 < section < len(names):
            name, flags = names[section]
            if flags & SHF_ALLOC and name != ".data..percpu":
                found.setdefault(name, (index, value))
    return found


def refused(paths: Iterable[str]) -> str:
    """The first path with a character that no gdb command can hold; "" if there is none."""
    return next((path for path in paths if not path.isprintable()), "")
