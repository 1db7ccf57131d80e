# SPDX-License-Identifier: GPL-2.0-only
"""Run by gdb itself, with vmlinux loaded: connects to the guest, stops it in its first C
function, and has each module's symbols loaded when the guest loads the module.

What it goes by is a JSON file (orchestrator/plan/gdb.py has its shape), named in the environment.
Nothing here needs debug info of the kernel: structures come from one object that has it.
"""

import json
import os

import gdb
import gdb.unwinder

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
    try:
        gdb.execute(f"set suppress-cli-notifications {word}")
    except gdb.error:
        pass


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
            say(f"the guest loads {ascii(name)}, of which no file is known")
            return
        table = module["kallsyms"].dereference()["symtab"]
        places = {}
        for section, (index, value, size) in told["sections"].items():
            start = int(table[index]["st_value"]) - value
            places[section] = (start, start + size)
        for older in [*self.there]:
            self.make_room(older, places)
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


class Current(gdb.Function):
    """$current(): the task of this CPU, as a struct task_struct *; in the kernel alone."""

    def __init__(self):
        super().__init__("current")

    def invoke(self):
        at = f"(unsigned long)$gs_base + {FACTS['current']:#x}"
        return gdb.parse_and_eval(f"*(struct task_struct **)({at})")


class FramePointers(gdb.unwinder.Unwinder):
    """Frames of a kernel that has no debug info but frame pointers: gdb's own guesses go astray
    where the compiler put other instructions into a prologue."""

    MOVE = b"\x48\x89\xe5"  # mov %rsp,%rbp: from here on, the frame is %rbp's
    PUSH = (b"\x55", b"\xf3\x0f\x1e\xfa\x55")  # push %rbp, behind endbr64 if there is one
    KERNEL = 1 << 63
    REGS = {"rip": 128, "rsp": 152, "rbp": 32}  # in struct pt_regs

    def __init__(self):
        super().__init__("orchestrate")

    def __call__(self, frame):
        pc, sp, bp = (self.value(frame, name) for name in ("rip", "rsp", "rbp"))
        if pc < self.KERNEL:  # the guest's user space, or its firmware: nothing is known of that
            return None if frame.level() == 0 else self.found(frame, sp, pc, 0, sp, bp)
        try:
            return self.kernel(frame, pc, sp, bp)
        except gdb.MemoryError:
            return self.found(frame, sp, pc, 0, sp, bp)

    def kernel(self, frame, pc, sp, bp):
        # Of a caller, the call: what it returns to may be the next function, if it never does.
        before, here = self.code(pc, 1 if frame.level() else 0)
        pc -= len(before)  # one frame, as long as it is in this function
        if self.MOVE not in before and here is not None:
            pushed = before.startswith(self.PUSH)
            if pushed or not before or self.PUSH[0] in here[:5] or frame.level() == 0:
                at = sp + 8 if pushed else sp
                above = self.word(sp) if pushed else bp
                return self.found(frame, at + 8, pc, self.word(at), at + 8, above)
        if before[-1:] in (b"\x5d", b"\xc9"):  # pop %rbp, leave: it is about to return
            return self.found(frame, sp + 8, pc, self.word(sp), sp + 8, bp)
        if bp & 1 and bp >= self.KERNEL:  # entered from elsewhere (encode_frame_pointer)
            rip, rsp, rbp = (self.word(bp - 1 + self.REGS[name]) for name in self.REGS)
            rsp = rsp if rip else bp + 160  # a kernel thread has come from nowhere
            return self.found(frame, bp, pc, rip, rsp, rbp)
        if bp < self.KERNEL:
            return self.found(frame, sp, pc, 0, sp, bp)
        return self.found(frame, bp + 16, pc, self.word(bp + 8), bp + 16, self.word(bp))

    def code(self, pc, back):
        """What of the function is before pc, and what is there; (b"", None) of no function. It is
        the function that has what is so far back."""
        told = gdb.execute(f"info symbol {pc - back:#x}", to_string=True).split(" in section")[0]
        if told.startswith("No symbol"):
            return b"", None
        offset = back + (int(told.rpartition(" + ")[2]) if " + " in told else 0)
        memory = gdb.selected_inferior().read_memory
        return memory(pc - offset, offset).tobytes() if offset else b"", memory(pc, 8).tobytes()

    def found(self, frame, cfa, pc, rip, rsp, rbp):
        info = frame.create_unwind_info(FrameId(cfa, pc))
        for name, value in (("rip", rip), ("rsp", rsp), ("rbp", rbp)):
            kind = frame.read_register(name).type
            info.add_saved_register(name, gdb.Value(value.to_bytes(8, "little"), kind))
        return info

    def value(self, frame, name):
        return int(frame.read_register(name)) & (1 << 64) - 1

    def word(self, at):
        return int.from_bytes(gdb.selected_inferior().read_memory(at, 8).tobytes(), "little")


class NoEnd:
    """Leaves out the frame at 0, by which an unwinder tells that there are no more."""

    name, priority, enabled = "orchestrate", 1, True

    def filter(self, frames):
        return (one for one in frames if one.inferior_frame().pc() or not one.inferior_frame().level())


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = gdb.Value(sp), gdb.Value(pc)


def start():
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
    quiet("on")
    gdb.execute(f"target remote {FACTS['socket']}", to_string=True)
    if FACTS["first"]:
        # Hardware's: where nothing is in memory yet, one that is written there would get lost.
        gdb.execute(f"thbreak *{FACTS['first']:#x}", to_string=True)
        gdb.execute("continue", to_string=True)
    if not FACTS["frames"]:
        gdb.unwinder.register_unwinder(None, FramePointers())
        gdb.frame_filters["orchestrate"] = NoEnd()
    if FACTS["modules"]:
        Loaded()
    for address, text in FACTS["ends"]:
        End(address, text)
    if FACTS["current"]:
        Current()
    if FACTS["scripts"]:
        gdb.execute(f"source {FACTS['scripts']}")
    quiet("off")
    with open(FACTS["begun"], "w") as file:  # noqa: PTH123
        file.write("begun")
    for function in FACTS["breaks"]:
        # One in a module is not there yet, which is no news.
        told = gdb.execute(f"break {function}", to_string=True)
        if "not defined" not in told:
            gdb.write(told)
    for note in FACTS["notes"]:
        say(note)


start()
if FACTS["breaks"]:
    gdb.execute("continue")
else:
    gdb.execute("frame")
