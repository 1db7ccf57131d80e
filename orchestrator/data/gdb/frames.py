# SPDX-License-Identifier: GPL-2.0-only
# mypy: ignore-errors
"""Stacks of a kernel without debug info, for gdb; imported by start.py."""

import gdb
import gdb.unwinder


class FramePointers(gdb.unwinder.Unwinder):
    """Frames of a kernel that has no debug info but frame pointers: gdb's own guesses go astray
    where the compiler put other instructions into a prologue."""

    MOVE = b"\x48\x89\xe5"  # mov %rsp,%rbp: from here on, the frame is %rbp's
    PUSH = (b"\x55", b"\xf3\x0f\x1e\xfa\x55")  # push %rbp, behind endbr64 if there is one
    KERNEL = 1 << 63
    REGS = (128, 152, 32)  # of %rip, %rsp, %rbp in struct pt_regs

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
            rip, rsp, rbp = (self.word(bp - 1 + at) for at in self.REGS)
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
        return (
            one for one in frames if one.inferior_frame().pc() or not one.inferior_frame().level()
        )


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = gdb.Value(sp), gdb.Value(pc)


def register():
    gdb.unwinder.register_unwinder(None, FramePointers())
    gdb.frame_filters["orchestrate"] = NoEnd()
