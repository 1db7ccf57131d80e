# SPDX-License-Identifier: GPL-2.0-only
"""Lines that name a function: instruction pointers and frames, of all ages and architectures.

x86 4.x   [<ffffffff81d0010d>] func+0xc1/0x124          x86 5+     func+0xc1/0x124 [module]
arm 4.x   [<80a7ce74>] (func) from [<80a7d15c>] (caller+0x18/0x1c)
arm 5+    func from caller+0x18/0x1c                    symbolised func+0x1/0x2 file.c:12 [inline]
s390      ([<000003ff8010>] func+0x1/0x2)               ppc        [c0001] [c0002] func+0x43c/0x6d0
sparc     Caller[0000000000123]: func+0x10/0x20
A "?" before a name marks an address the unwinder only found lying on the stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from msgspec import Struct

from orchestrator.parse import splat_skips

_NAME = r"(?:[A-Za-z_][\w.$:]*|<[\w.$:<> ]+>[\w:]*)"
_ADDRESS = r"(?:\(?\[<[^>]{0,20}>\] *|\[[0-9a-f]{8,16}\] *)*"
_FRAME = re.compile(
    rf"\s*(?:<\w+>\s+|Caller\[[0-9a-f]+\]: )?{_ADDRESS}(?P<maybe>\? +)?\(?(?P<func>{_NAME})"
    r"(?:\+0x[0-9a-f]+/0x[0-9a-f]+|(?: \[[\w-]{1,64}\])?\)? from (?=\S)"
    r"|\+0x[0-9a-f]+(?= )| (?=\S+\.[chS]:\d+))"
)
# The register, then what stands between it and the name: a segment, the address.
_POINTER = re.compile(
    r"\s*(?:Krnl PSW : [0-9a-f]+ [0-9a-f]+ \(|"
    r"(?:RIP|(?:EIP|IP|PC|pc) is at|EIP|IP|PC|pc|NIP|epc|ERA|era|TPC|IAOQ\[0\])\s*:?\s*"
    r"(?:[0-9a-f]{2,4}:)?(?:\[<[^>]{0,20}>\]\s*)*(?:\[[0-9a-f]{8,16}\]\s*|[0-9a-f]{8,16}\s+)?)"
    r"<?(?P<func>(?:<core)?[A-Za-z_][\w.$:<>]*)\+0x"
)
_TRACE_START = re.compile(
    r"\s*(?:(?i:call trace|(?:stack )?backtrace)\b.{0,40}:"
    r"|.{0,40}\b(?:dump|unwind)_backtrace\)? from )"
)
_TRACE_END = re.compile(
    r"\s*$|Allocated by|Freed by|---\[ end|Kernel panic|Kernel Offset|NMI backtrace|"
    r"Sending NMI|(?:rcu: )?INFO: |\*\* \d+ printk messages dropped|"
    r"(?:Last potentially|Second to last|Uninit was|Local variable|The buggy|Memory state)"
)
# What stands close behind a report's first line, and behind nothing else.
_TRACED = re.compile(
    r"\s*(?i:call trace|(?:stack )?backtrace)\b.{0,40}:|CPU: \d+ (?:UID: \d+ )?PID: \d+ |"
    r"Modules linked in:|Hardware name: |Krnl PSW : "
)
_SUFFIX = re.compile(r"(?:\.(?:isra|part|constprop|cold|llvm|lto_priv)(?:\.\d+)?|\.\d+)+$")
_SYSCALL = re.compile(
    r"(?:__(?:x64|ia32|arm64|riscv|s390x?|se|do|se_compat|do_compat)_(?:compat_)?)(?=sys_)"
)
_SYS_OLD = re.compile(r"SyS_|SYSC_|C_SYSC_|compat_SyS_")


class Frame(Struct, frozen=True):
    """sure: not a "?" frame. pointer: an instruction pointer, not a return address."""

    func: str
    sure: bool
    pointer: bool = False


def plain_name(func: str) -> str:
    """A function's name without what the compiler or the syscall macros add to it."""
    func = _SUFFIX.sub("", func)
    func = _SYS_OLD.sub("sys_", _SYSCALL.sub("", func))
    alias = splat_skips.ALIASES.match(func)
    return func if alias is None else alias[1] or alias[2] + "rcu"


def pointer_in(line: str) -> str:
    """The function an instruction pointer is in, "" if the line shows none."""
    match = _POINTER.match(line) if "+0x" in line else None
    return match["func"] if match else ""


def frame_in(line: str) -> Frame | None:
    """The frame of a trace that a line is."""
    func = pointer_in(line)
    if func:
        return Frame(func, sure=True, pointer=True)
    match = _FRAME.match(line)
    if match is None:
        return None
    return Frame(match["func"], sure=match["maybe"] is None and "(unreliable)" not in line)


def is_traced(lines: Iterable[str]) -> bool:
    """Do these lines show registers or a trace?"""
    return any(_TRACED.match(line) or pointer_in(line) for line in lines)


def traces(body: Iterable[str]) -> Iterator[list[Frame]]:
    """The call traces in order; without a heading, the first lines that look like frames."""
    for _, frames in groupby(trace_frames(body), key=lambda numbered: numbered[0]):
        yield [frame for _, frame in frames]


def trace_frames(body: Iterable[str]) -> Iterator[tuple[int, Frame]]:
    """The same, frame by frame, with the number of its trace: reads no further than asked."""
    trace, inside, some = 0, False, False
    for number, line in enumerate(body):
        heading = _TRACE_START.match(line) if "race" in line else None
        if heading is not None:
            trace, inside, some = trace + 1, True, False
            line = line[heading.end() :]  # old kernels put the first frame there
        if not inside or not number:
            continue
        frame = frame_in(line)
        if frame is not None:
            some = True
            yield trace, frame
        elif some and _TRACE_END.match(line):
            inside = False
    if not trace:
        yield from ((0, frame) for frame in block(body))


def block(body: Iterable[str]) -> list[Frame]:
    """The first frames behind the first line, up to where their trace ends."""
    frames: list[Frame] = []
    for number, line in enumerate(body):
        frame = frame_in(line) if number else None
        if frame is not None:
            frames.append(frame)
        elif frames and _TRACE_END.match(line):
            break
    return frames
