# SPDX-License-Identifier: GPL-2.0-only
"""What stands before an event: task, pid, CPU and time, in each shape the kernel prints
(kernel/trace/trace_output.c, trace_print_context() and trace_print_lat_context(); trace.c,
print_raw_fmt() and print_hex_fmt()), and in that of `trace-cmd report`.
"""

from __future__ import annotations

import math
import re

from msgspec import Struct

_TIME = r"(?P<time>\d{1,20}(?:\.\d{1,9})?)"
# Task names hold spaces, dashes and brackets, so what follows the name decides where it ends:
# at the first "-pid [cpu]" that a time follows. Only "<XXX>" has a pid below 0.
_TASK = r" *(?P<task>[^ ].{0,63}?|)-(?P<pid>\d{1,10}|(?<=<XXX>-)-\d{1,10}) +"
_DEFAULT = re.compile(
    _TASK + r"(?:\( *(?:\d{1,10}|-+)\) +)?\[(?P<cpu>\d{1,5})\] +(?:[^\s:]{3,9} +)?"
    rf"{_TIME}: (?P<rest>.*)",
    re.ASCII,
)
_LATENCY = re.compile(
    _TASK + r"(?P<cpu>\d{1,5})[.dDbX][^\s:]{2,8} +"
    rf"{_TIME}(?P<unit>us)?[ $@*#!+]?: (?P<rest>.*)",
    re.ASCII,
)
_VERBOSE = re.compile(
    r" *(?P<task>[^ ].{0,63}?|) +(?P<pid>-?\d{1,10}) +(?P<cpu>\d{1,5}) \d{1,3} [0-9a-f]{8} "
    r"[0-9a-f]{8,16} \[(?P<time>[0-9a-f]{8,16})\] "
    r"(?:-?\d{1,20}\.\d{1,6}(?P<unit>ms) \(\+-?\d{1,20}\.\d{1,6}ms\)|-?\d{1,20} \(\+-?\d{1,20}\))"
    r": (?P<rest>.*)",
    re.ASCII,
)
_RAW = re.compile(r"(?P<pid>\d{1,10}) (?P<cpu>\d{1,5}) (?P<time>\d{1,20}) (?P<rest>.*)", re.ASCII)
_HEX = re.compile(
    r"(?P<pid>[0-9a-f]{8}) (?P<cpu>[0-9a-f]{8}) (?P<time>[0-9a-f]{16}) (?P<rest>.*)", re.ASCII
)
_US = 1e-6
NO_TASK = "<XXX>"


class Context(Struct, frozen=True):
    """time: seconds, or the clock's own ticks as an int; nan, -1 and "" where nothing is said."""

    time: float = math.nan
    cpu: int = -1
    task: str = ""
    pid: int = -1


def split_context(line: str) -> tuple[Context, str] | None:
    """(context, what follows it) of a line with the task in front, None for any other."""
    if match := _DEFAULT.match(line):
        return _context(match, seconds(match["time"]))
    if match := _LATENCY.match(line):
        return _context(
            match, float(match["time"]) * _US if match["unit"] else seconds(match["time"])
        )
    if match := _VERBOSE.match(line):
        stamp = int(match["time"], 16)
        return _context(match, stamp * _US if match["unit"] else stamp)
    return None


def split_numbers(line: str) -> tuple[Context, str] | None:
    """The same for the trace options raw and hex, which print no names."""
    if match := _RAW.match(line):
        pid, cpu, time = (int(match[name]) for name in ("pid", "cpu", "time"))
    elif match := _HEX.match(line):
        pid, cpu, time = (int(match[name], 16) for name in ("pid", "cpu", "time"))
    else:
        return None
    return Context(time, cpu, "", pid), match["rest"]


def seconds(text: str) -> float:
    """A time with a fraction is seconds; one without counts ticks and stays an int."""
    return float(text) if "." in text else int(text)


def _context(match: re.Match[str], time: float) -> tuple[Context, str]:
    return Context(time, int(match["cpu"]), match["task"], int(match["pid"])), match["rest"]
