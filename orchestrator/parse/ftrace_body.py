# SPDX-License-Identifier: GPL-2.0-only
"""What stands after an event's context: mostly "name: fields", but not for all kinds of entry
(kernel/trace/trace_output.c, the *_print() functions; trace_syscalls.c, print_syscall_*()).
"""

from __future__ import annotations

import re

from msgspec import Struct

from orchestrator.parse.ftrace_fields import Fields, split_fields

_NAMED = re.compile(
    r"(?:(?P<system>[A-Za-z_][\w-]*):)?(?P<event>[A-Za-z_]\w*):(?:\s+(?P<text>.*)|$)", re.ASCII
)
_OFFSET = (
    r"(?:\+0x[0-9a-f]{1,16}(?:/0x[0-9a-f]{1,16})?)?(?: \[[\w-]{1,64}\])?(?: <[0-9a-f]{1,16}>)?"
)
_SYMBOL = rf"(?:[A-Za-z_.$][\w.$]*|0x[0-9a-f]{{1,16}}|0|\[unknown/kretprobe'd\]){_OFFSET}"
# trace_printk() and bputs name the function they stand in, with the trace option sym-offset so.
_PRINTED = re.compile(rf"(?P<symbol>{_SYMBOL}): (?P<text>.*)", re.ASCII)
_FUNCTION = re.compile(
    rf"(?P<ip>{_SYMBOL})(?P<args>\(.*\))?(?: <--? ?(?P<parent>{_SYMBOL}))?"
    r"(?P<repeats> \(repeats: \d{1,10}, last_ts: *[\d.]{1,30}\))?$",
    re.ASCII,
)
_SYSCALL = re.compile(r"sys_(\w+)(?:\((?:\w+ )?\w+: .*\)|\(\)|( -> 0x[0-9a-f]{1,16}))$", re.ASCII)
_SWITCH = re.compile(r" *-?\d+: *-?\d+:\S +(==>|  \+) +\[\d+\]", re.ASCII)
_LATENCIES = re.compile(r"#\d+ +(?:(inner/outer\(us\): )|context +\S+ timer_latency )", re.ASCII)
_STACKS = {
    "<stack trace>": "kernel_stack",
    "<stack trace >": "kernel_stack",
    "<user stack trace>": "user_stack",
}


class Body(Struct, frozen=True):
    """event: "" for an entry without a name. stack: the lines that follow are its frames."""

    event: str
    fields: Fields
    system: str = ""
    stack: bool = False


def read_body(text: str, *, bare_symbols: bool = False) -> Body | None:
    """None for a shape that is not known. bare_symbols: a symbol alone is a traced function
    (option noprint-parent), and not an event's name that was cut off.
    """
    if text in _STACKS:
        return Body(_STACKS[text], (), stack=True)
    if match := _NAMED.match(text):
        rest = (match["text"] or "").strip()
        stack = rest in _STACKS
        fields = () if stack else split_fields(rest, match["event"])
        return Body(match["event"], fields, match["system"] or "", stack)
    if match := _SYSCALL.match(text):
        side = "exit" if match[2] else "enter"
        return Body(f"sys_{side}_{match[1]}", (("text", text),))
    match = _FUNCTION.match(text)
    if match and (match["parent"] or match["args"] or bare_symbols):
        return _function(match)
    if match := _PRINTED.match(text):
        return Body(match["symbol"], (("text", match["text"]),))
    return _nameless(text)


def _function(match: re.Match[str]) -> Body:
    fields = [("ip", match["ip"])]
    if match["args"]:
        fields.append(("args", match["args"][1:-1]))
    if match["parent"]:
        fields.append(("parent_ip", match["parent"]))
    if match["repeats"]:
        fields.append(("text", match["repeats"].strip()))
        return Body("func_repeats", tuple(fields))
    return Body("function", tuple(fields))


def _nameless(text: str) -> Body | None:
    if match := _SWITCH.match(text):
        return Body("context_switch" if match[1] == "==>" else "wakeup", (("text", text),))
    if match := _LATENCIES.match(text):
        return Body("hwlat" if match[1] else "timerlat", (("text", text),))
    return None
