# SPDX-License-Identifier: GPL-2.0-only
"""The gdb command line, and what data/gdb/start.py goes by, pure. Facts are gdb 13's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

# Functions by which a guest ends, and what is said of each.
ENDS = (
    ("panic", "the kernel panics"),
    ("machine_power_off", "the guest powers off"),
    ("machine_restart", "the guest restarts"),
    ("machine_emergency_restart", "the guest restarts"),
)
# Where a failure begins to be told, by the check that finds it: of lib/kunit, kernel/panic.c,
# mm/kasan/report.c; hung tasks (kernel/hung_task.c), lockups (kernel/watchdog.c), and what shows a
# stack besides.
FAILS = {
    "ktap": ("__kunit_do_failed_assertion", "kunit_do_failed_assertion"),
    "splats": (
        "__warn", "oops_enter", "kasan_report", "kasan_report_invalid_free", "sched_show_task",
        "show_regs", "dump_stack_lvl",
    ),
}  # fmt: skip
FIRST = "start_kernel"
ENV = "ORCHESTRATE_GDB"  # names the file that has Facts as JSON

SHF_ALLOC = 0x2
ELSEWHERE = (".data..percpu", ".modinfo", "__versions")  # as setup_load_info() has them
NOWHERE = 1 << 60  # no address of x86-64 (non-canonical)
APART = 1 << 32


class ModuleFile(Struct, frozen=True):
    """A .ko. sections: as sections() gives them. named: of each section a few symbols that the
    file has once, and where they are in it: by these a module is found that was loaded long ago,
    when the kernel has dropped part of its symbol table."""

    file: str
    sections: Mapping[str, tuple[int, int, int]]
    named: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)


class Facts(Struct, frozen=True):
    """What start.py does. Addresses are the kernel's own; 0: there is no such function.

    listed: the kernel's list of modules, if the guest has run before. types: an object with the
    kernel's structures, "" if vmlinux has them itself. begun: a file that is written to once the
    guest is stopped in its first function. scripts: the tree's lx- commands, "" for none. ends:
    where the guest is stopped besides, and what is said then. settings: of gdb's `set`. notes:
    what the user is told at the start.
    """

    socket: str
    begun: str
    first: int
    do_init_module: int
    current: int
    listed: int = 0
    nowhere: int = NOWHERE * 2  # where sections may be put that are gone
    frames: bool = False  # vmlinux itself says how to get from a frame to its caller's
    types: str = ""
    scripts: str = ""
    modules: Mapping[str, ModuleFile] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()
    goes_on: bool = False  # from its first function, until it gets to one of breaks
    ends: tuple[tuple[int, str], ...] = ()
    settings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    back: bool = False  # the machine is replayed: there is a way back


def replayed(facts: Facts, ends: Sequence[tuple[int, str]], notes: Sequence[str]) -> Facts:
    """Of a machine that is replayed: it goes on to the first of ends, unless the user said where
    to stop first."""
    return replace(
        facts,
        back=True,
        ends=(*ends, *facts.ends),
        goes_on=facts.goes_on or not facts.breaks,
        notes=(*facts.notes, *notes),
    )


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
    names: Sequence[tuple[str, int, int]], symbols: Iterable[tuple[int, int]]
) -> dict[str, tuple[int, int, int]]:
    """Section → (index of its first symbol, that one's value, its size), of those that are loaded.

    names: (name, flags, size) of each section of a module, by index; symbols: (section's index,
    value) of each, in the table's order. Such a symbol's address in the guest, less the value, is
    where the section lies (simplify_symbols() in kernel/module/main.c). Where no symbol is, and
    where the kernel keeps none of it or lays it out itself, the index is 0: the symbol that is
    none, whose address is 0. The value then puts the section where nothing is: gdb would put it
    over others.
    """
    first: dict[int, tuple[int, int]] = {}
    for index, (section, value) in enumerate(symbols):
        if index and 0 < section < len(names) and names[section][0] not in ELSEWHERE:
            first.setdefault(section, (index, value))
    found: dict[str, tuple[int, int, int]] = {}
    for at, (name, flags, size) in enumerate(names):
        if flags & SHF_ALLOC:
            found.setdefault(name, (*first.get(at, (0, -NOWHERE - at * APART)), size))
    return found


def refused(paths: Iterable[str]) -> str:
    """The first path with a character that no gdb command can hold; "" if there is none."""
    return next((path for path in paths if not path.isprintable()), "")
