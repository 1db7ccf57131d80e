# SPDX-License-Identifier: GPL-2.0-only
"""The guilty function of a report: instruction pointers and call traces, of all ages and CPUs.

x86 4.x   [<ffffffff81d0010d>] func+0xc1/0x124          x86 5+     func+0xc1/0x124 [module]
arm 4.x   [<80a7ce74>] (func) from [<80a7d15c>] (caller+0x18/0x1c)
arm 5+    func from caller+0x18/0x1c                    symbolised func+0x1/0x2 file.c:12 [inline]
A "?" before a name marks an address the unwinder only found lying on the stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestrator.parse import splat_skips
from orchestrator.parse.splat_rules import Rule

_NAME = r"(?:[A-Za-z_][\w.$:]*|<[\w.$:<> ]+>[\w:]*)"
_ADDRESS = r"(?:\[<[^>]{0,20}>\] *|\[[0-9a-f]{8,16}\] *)*"
_FRAME = re.compile(
    rf"\s*(?:<\w+>\s+)?{_ADDRESS}(?P<maybe>\? +)?\(?(?P<func>{_NAME})"
    r"(?:\+0x[0-9a-f]+/0x[0-9a-f]+|\)? from (?=\S)|\+0x[0-9a-f]+(?= )| (?=\S+\.[chS]:\d+))"
)
_POINTER = re.compile(
    r"\s*(?:RIP|EIP|IP|PC is at|pc|NIP|epc)\s*:?\s*(?:[0-9a-f]{2,4}:)?(?:\[<[^>]{0,20}>\]\s*)*"
    r"(?:\[[0-9a-f]{8,16}\]\s*)?(?P<func>[A-Za-z_<][\w.$:<>]*)\+0x"
)
_TRACE_START = re.compile(
    r"\s*(?:(?i:call trace|(?:stack )?backtrace)\b.{0,40}:|.*\(dump_backtrace)"
)
_TRACE_END = re.compile(
    r"\s*$|Allocated by|Freed by|---\[ end|Kernel panic|Kernel Offset|NMI backtrace|"
    r"Sending NMI|(?:rcu: )?INFO: |"
    r"(?:Last potentially|Second to last|Uninit was|Local variable|The buggy|Memory state)"
)
_LOCK_HOLDER = re.compile(
    r"is trying to (?:acquire|release)|is freeing memory|takes:|is leaving the kernel"
    r"|just changed the state of lock|held the lock|locks? held by"
)
# The stack of RCU's own thread, shown with a stall, is not the stalled one.
_GRACE_PERIOD = "rcu_gp_kthread"
_AT = re.compile(rf"at: (?:\[<[^>]*>\] )?(?P<func>{_NAME})(?:\+0x|\s|$)")
_SUFFIX = re.compile(r"(?:\.(?:isra|part|constprop|cold|llvm|lto_priv)(?:\.\d+)?|\.\d+)+$")
_SYSCALL = re.compile(
    r"(?:__(?:x64|ia32|arm64|riscv|s390x?|se|do|se_compat|do_compat)_(?:compat_)?)(?=sys_)"
)
_SYS_OLD = re.compile(r"SyS_|SYSC_|C_SYSC_|compat_SyS_")


@dataclass(frozen=True)
class _Frame:
    func: str
    sure: bool  # not a "?" frame
    pointer: bool = False  # an instruction pointer in the trace, not a return address


def plain_name(func: str) -> str:
    """A function's name without what the compiler or the syscall macros add to it."""
    func = _SUFFIX.sub("", func)
    func = _SYS_OLD.sub("sys_", _SYSCALL.sub("", func))
    alias = splat_skips.ALIASES.match(func)
    return func if alias is None else alias[1] or alias[2] + "rcu"


def guilty_function(rule: Rule, named: str, body: Sequence[str]) -> str:
    """The function to blame, "" if none is found.

    named: the start line's own function or ""; body: the report without prefixes, the start
    line first.
    """
    for source in rule.sources:
        skips = _SKIPS.get(source, splat_skips.NOT_GUILTY_IN_TRACE)
        for func in map(plain_name, _SOURCES[source](named, body)):
            if func and not skips.match(func):
                return func
    # Better the one the report itself names than nobody.
    return plain_name(named)


def _from_line(named: str, _body: Sequence[str]) -> Iterator[str]:
    yield named


def _from_pointer(_named: str, body: Sequence[str]) -> Iterator[str]:
    for line in body:
        match = _POINTER.match(line)
        if match is not None:
            yield match["func"]
            return


def _from_trace(_named: str, body: Sequence[str]) -> Iterator[str]:
    for trace in _traces(body):
        yield from (frame.func for frame in trace if frame.sure)


def _from_frames(_named: str, body: Sequence[str]) -> Iterator[str]:
    yield from (frame.func for frame in _block(body) if frame.sure)


def _from_lock(_named: str, body: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(body):
        if _LOCK_HOLDER.search(line):
            for near in body[number : number + 4]:
                match = _AT.search(near) or _FRAME.match(near)
                if match is not None:
                    yield match["func"]
                    return


def _from_stall(_named: str, body: Sequence[str]) -> Iterator[str]:
    """What a dispatcher called, else the first function that is not machinery."""
    frames = _interrupted(body)
    telling = (f.func for f in frames if splat_skips.TELLING.match(f.func))
    yield from telling
    inner = ""
    for frame in frames:
        if splat_skips.DISPATCHERS.match(frame.func) and inner:
            yield inner
            break
        if frame.sure and not splat_skips.NOT_GUILTY_IN_TRACE.match(frame.func):
            inner = "" if splat_skips.DISPATCHERS.match(frame.func) else frame.func
    yield from (frame.func for frame in frames if frame.sure)


def _interrupted(body: Sequence[str]) -> list[_Frame]:
    """The frames below the interrupt that noticed the stall, the pointer at its place."""
    traces = [t for t in _traces(body) if not any(f.func == _GRACE_PERIOD for f in t)]
    frames = traces[0] if traces else []
    entries = [n for n, f in enumerate(frames) if splat_skips.INTERRUPT_ENTRY.match(f.func)]
    if entries:
        below = entries[0] + 1
        while below < len(frames) and below in entries:
            below += 1
        return frames[below:]
    pointers = [n for n, f in enumerate(frames) if f.pointer]
    if pointers:
        return frames[pointers[0] :]
    return [_Frame(func, sure=True) for func in _from_pointer("", body)] + frames


def _traces(body: Sequence[str]) -> Iterator[list[_Frame]]:
    """The call traces in order; without a heading, the first lines that look like frames."""
    starts = [n for n, line in enumerate(body) if _TRACE_START.match(line)]
    for start, end in pairwise([*(starts or [0]), len(body)]):
        yield _block(body[start:end])


def _block(body: Sequence[str]) -> list[_Frame]:
    """The first frames of some lines, up to where their trace ends."""
    frames: list[_Frame] = []
    for line in body[1:]:
        frame = _frame(line)
        if frame is not None:
            frames.append(frame)
        elif frames and _TRACE_END.match(line):
            break
    return frames


def _frame(line: str) -> _Frame | None:
    pointer = _POINTER.match(line)
    if pointer is not None:
        return _Frame(pointer["func"], sure=True, pointer=True)
    match = _FRAME.match(line)
    if match is None:
        return None
    return _Frame(match["func"], sure=match["maybe"] is None and "(unreliable)" not in line)


_SOURCES = {
    "line": _from_line,
    "named": _from_line,
    "ip": _from_pointer,
    "trace": _from_trace,
    "lock": _from_lock,
    "stall": _from_stall,
    "frames": _from_frames,
}
# What is never guilty, by source; the call trace's own table for all others.
_SKIPS = {
    "line": splat_skips.NOT_GUILTY,
    "ip": splat_skips.NOT_GUILTY,
    "named": re.compile(r"(?!)"),
}
