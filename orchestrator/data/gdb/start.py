# SPDX-License-Identifier: GPL-2.0-only
# mypy: ignore-errors
"""Run by gdb itself, with vmlinux loaded: connects to the guest, stops it in its first C
function, and has each module's symbols loaded when the guest loads the module.

What it goes by is a JSON file (orchestrator/plan/gdb.py has its shape), named in the environment.
Nothing here needs debug info of the kernel: structures come from one object that has it.
"""

import contextlib
import json
import os
import struct
import sys

import gdb

FACTS = json.load(open(os.environ["ORCHESTRATE_GDB"]))  # noqa: PTH123, SIM115


def quoted(path):
    """A word of a gdb command (buildargv() of libiberty)."""
    return "".join(char if char.isalnum() or char in "/._-" else "\\" + char for char in path)


def number(expression):
    return int(gdb.parse_and_eval(f"(unsigned long)({expression})"))


def say(text):
    gdb.write(f"orchestrate: {text}\n")


def quiet(word):
    """Say nothing of breakpoints made and reached; gdb 12."""
    with contextlib.suppress(gdb.error):
        gdb.execute(f"set suppress-cli-notifications {word}")


class Loaded(gdb.Breakpoint):
    """Where the kernel has a module in memory, relocated, and has run nothing of it. In its symbol
    table, which has the order of the file's, each value is an address: that less the file's is
    where the section lies.

    there: of each module, (start, end) of its sections. What a module needs at its start is freed
    after it, and the next may lie there; gdb would leave out one of two at the same place.
    """

    def __init__(self):
        super().__init__(f"*{FACTS['do_init_module']:#x}", internal=True)
        self.silent = True
        self.there = {}

    def stop(self):
        try:
            self.load()
        except Exception as error:  # the guest may have anything in its memory
            say(f"no symbols of a module: {error}")
        return False

    def load(self):
        module = gdb.parse_and_eval("(struct module *)$rdi")
        name = module["name"].string(errors="replace")
        told = FACTS["modules"].get(name)
        if told is None:
            say(f"the guest loads {name!a}, of which no file is known")
            return
        table = module["kallsyms"].dereference()["symtab"]
        places = {}
        for section, (index, value, size) in told["sections"].items():
            start = int(table[index]["st_value"]) - value
            places[section] = (start, start + size)
        for older in [*self.there]:
            self.make_room(older, places)
        self.add(name, places)

    def present(self):
        """Those that are there already, by the kernel's list."""
        kind = gdb.lookup_type("struct module")
        offset = next(one.bitpos // 8 for one in kind.fields() if one.name == "list")
        node = number(f"*(unsigned long *){FACTS['listed']:#x}")
        for _ in range(1000):
            if node == FACTS["listed"]:
                break
            module = gdb.Value(node - offset).cast(kind.pointer()).dereference()
            try:
                self.find(module)
            except Exception as error:  # the guest may have anything in its memory
                say(f"no symbols of a module: {error}")
            node = int(module["list"]["next"])

    def find(self, module):
        """By names: once a module has started, its table lacks what was of no more use."""
        name = module["name"].string(errors="replace")
        told = FACTS["modules"].get(name)
        if told is None:
            say(f"the guest has {name!a}, of which no file is known")
            return
        table = module["kallsyms"].dereference()
        memory, count = gdb.selected_inferior(), int(table["num_symtab"])
        rows = bytes(memory.read_memory(int(table["symtab"]), count * 24))
        strings, at = int(table["strtab"]), {}
        for offset, _, _, _, value, _ in struct.iter_unpack("<IBBHQQ", rows):
            at[bytes(memory.read_memory(strings + offset, 128)).partition(b"\0")[0]] = value
        places = {}
        for section, (_, _, size) in told["sections"].items():
            for symbol, value in told["named"].get(section, ()):
                if symbol.encode() in at:
                    start = at[symbol.encode()] - value
                    places[section] = (start, start + size)
                    break
        self.add(name, places)

    def make_room(self, name, places):
        """Those of another module that are no longer there."""
        mine = self.there[name]
        gone = {
            section
            for section, (start, end) in mine.items()
            if any(start < other_end and other < end for other, other_end in places.values())
        }
        if gone:
            gdb.execute(f"remove-symbol-file {quoted(FACTS['modules'][name]['file'])}")
            del self.there[name]
            if all(section.startswith(".init") for section in gone):
                self.add(name, {one: mine[one] for one in mine if not one.startswith(".init")})

    def add(self, name, places):
        words = ["add-symbol-file", quoted(FACTS["modules"][name]["file"])]
        for at, section in enumerate(FACTS["modules"][name]["sections"]):
            start, _ = places.get(section, (FACTS["nowhere"] + (at << 32), 0))
            words += ["-s", section, f"{start:#x}"]
        gdb.execute(" ".join(words), to_string=True)
        self.there[name] = places


class End(gdb.Breakpoint):
    """The last moment at which all is as it was when the kernel gave up, or was done."""

    def __init__(self, address, text):
        super().__init__(f"*{address:#x}", internal=True)
        self.text = text

    def stop(self):
        say(self.text)
        return True


BACKWARDS = ("continue", "step", "stepi", "next", "nexti", "finish")
OURS = []  # breakpoints that a way back need not stop at


def going_back(begins):
    """Each stop on the way back would replay the machine once more."""
    for one in OURS:
        one.enabled = not begins


def watch_the_way_back():
    for word in BACKWARDS:
        for hook, begins in (("hook", True), ("hookpost", False)):
            gdb.execute(f"define {hook}-reverse-{word}\npython going_back({begins})\nend")


class Current(gdb.Function):
    """$current(): the task of this CPU, as a struct task_struct *; in the kernel alone."""

    def __init__(self):
        super().__init__("current")

    def invoke(self):
        at = f"(unsigned long)$gs_base + {FACTS['current']:#x}"
        return gdb.parse_and_eval(f"*(struct task_struct **)({at})")


def connect():
    for setting in (
        "confirm off",
        "breakpoint pending on",
        "remotetimeout 60",
        "print thread-events off",
        *FACTS["settings"],
    ):
        gdb.execute(f"set {setting}")
    if FACTS["types"]:
        gdb.execute(f"add-symbol-file {quoted(FACTS['types'])}", to_string=True)
    gdb.execute(f"target remote {FACTS['socket']}", to_string=True)
    if FACTS["first"]:
        # Hardware's: where nothing is in memory yet, one that is written there would get lost.
        gdb.execute(f"thbreak *{FACTS['first']:#x}", to_string=True)
        gdb.execute("continue", to_string=True)


def prepare():
    if not FACTS["frames"]:
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
        import frames

        frames.register()
    if FACTS["modules"]:
        loaded = Loaded()
        OURS.append(loaded)
        if FACTS["listed"]:
            loaded.present()
    for address, text in FACTS["ends"]:
        OURS.append(End(address, text))
    if FACTS["back"]:
        watch_the_way_back()
    if FACTS["current"]:
        Current()
    if FACTS["scripts"]:
        # Where they look themselves, but __file__ is still ours.
        folder = os.path.dirname(FACTS["scripts"])  # noqa: PTH120
        sys.path.insert(0, f"{folder}/scripts/gdb")
        gdb.execute(f"source {FACTS['scripts']}")


def begin():
    with open(FACTS["begun"], "w") as file:  # noqa: PTH123
        file.write("begun")
    for function in FACTS["breaks"]:
        # One in a module is not there yet, which is no news.
        told = gdb.execute(f"break {function}", to_string=True)
        if "not defined" not in told:
            gdb.write(told)
    for note in FACTS["notes"]:
        say(note)
    gdb.execute("continue" if FACTS["goes_on"] else "frame")


quiet("on")
connect()
prepare()
quiet("off")
begin()
