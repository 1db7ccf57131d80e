# SPDX-License-Identifier: GPL-2.0-only
"""A trace of made-up scheduler events, as ftrace text and as a trace.dat (version 6, see
trace-cmd.dat.v6(5)) with the same events, so that `trace-cmd report` can be run beside us."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = 4096
_HEADER = 16  # of a page: timestamp and number of bytes used
_COMMON = (
    ("unsigned short common_type", 0, 2, 0),
    ("unsigned char common_flags", 2, 1, 0),
    ("unsigned char common_preempt_count", 3, 1, 0),
    ("int common_pid", 4, 4, 1),
)
_COMM = "char {}[16]"


@dataclass(frozen=True)
class Kind:
    """One event's format. fields: name, struct code; comm fields are 16s."""

    number: int
    name: str
    fields: tuple[tuple[str, str], ...]
    fmt: str

    def format_file(self) -> str:
        """As in events/sched/NAME/format."""
        lines = [f"name: {self.name}", f"ID: {self.number}", "format:"]
        rows, at = list(_COMMON), 8
        for name, code in self.fields:
            size = struct.calcsize(code)
            rows.append((_COMM.format(name) if size == 16 else f"int {name}", at, size, 1))
            at += size
        shown = [f"\tfield:{what};\toffset:{o};\tsize:{n};\tsigned:{s};" for what, o, n, s in rows]
        lines += [*shown[: len(_COMMON)], "", *shown[len(_COMMON) :]]
        args = ", ".join(f"REC->{name}" for name, _ in self.fields)
        return "\n".join([*lines, "", f'print fmt: "{self.fmt}", {args}', ""])


SWITCH = Kind(
    100,
    "sched_switch",
    (("prev_comm", "16s"), ("prev_pid", "i"), ("prev_prio", "i"), ("prev_state", "i"),
     ("next_comm", "16s"), ("next_pid", "i"), ("next_prio", "i")),
    "prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%d ==> next_comm=%s next_pid=%d next_prio=%d",
)  # fmt: skip
WAKING = Kind(
    101,
    "sched_waking",
    (("comm", "16s"), ("pid", "i"), ("prio", "i"), ("target_cpu", "i")),
    "comm=%s pid=%d prio=%d target_cpu=%03d",
)
NEWTASK = Kind(
    102,
    "task_newtask",
    (("pid", "i"), ("comm", "16s"), ("clone_flags", "i"), ("oom_score_adj", "i")),
    "pid=%d comm=%s clone_flags=%x oom_score_adj=%d",
)
KINDS = (SWITCH, WAKING, NEWTASK)
TASKS = ((2, "kthreadd"), (63, "kworker/0:1"), (77, "bash"), (101, "kthread a-b"))
STEP_NS = 1000


def events(count: int) -> Iterator[tuple[int, int, Kind, tuple[object, ...]]]:
    """(time in ns, index of the task, kind, values) of each."""
    for number in range(count):
        who = number % len(TASKS)
        pid, comm = TASKS[(number + 1) % len(TASKS)]
        kind = KINDS[number % len(KINDS)]
        values: tuple[object, ...] = (comm, pid, 120, number % 4)
        if kind is SWITCH:
            values = (TASKS[who][1], TASKS[who][0], 120, number % 3, comm, pid, 120)
        elif kind is NEWTASK:
            values = (pid, comm, 0x800700, 0)
        yield 10**9 + number * STEP_NS, who, kind, values


def write_text(path: Path, count: int) -> None:
    """The trace as tracefs prints it."""
    with path.open("w") as out:
        out.write("# tracer: nop\n#\n")
        for time, who, kind, values in events(count):
            pid, comm = TASKS[who]
            stamp = f"{time // 10**9:5d}.{time % 10**9 // 1000:06d}"
            shown = kind.fmt % values
            out.write(f"{comm:>16}-{pid:<7d} [000] d..2. {stamp}: {kind.name}: {shown}\n")


def write_dat(path: Path, count: int) -> None:
    """The same as a trace.dat of one CPU."""
    head = b"\x17\x08\x44tracing6\0" + struct.pack("<BBI", 0, 8, PAGE)
    head += _sized(b"header_page\0", _PAGE_FORMAT) + _sized(b"header_event\0", _EVENT_FORMAT)
    head += struct.pack("<II", 0, 1) + b"sched\0" + struct.pack("<I", len(KINDS))
    for kind in KINDS:
        head += _sized(b"", kind.format_file())
    cmdlines = "".join(f"{pid} {comm}\n" for pid, comm in TASKS)
    head += struct.pack("<II", 0, 0) + _sized(b"", cmdlines)
    head += struct.pack("<I", 1) + b"options  \0" + struct.pack("<H", 0) + b"flyrecord\0"
    data = b"".join(_pages(count))
    start = -(-(len(head) + 16) // PAGE) * PAGE
    head += struct.pack("<QQ", start, len(data))
    path.write_bytes(head.ljust(start, b"\0") + data)


def _pages(count: int) -> Iterator[bytes]:
    page, first, last = b"", 0, 0
    for time, who, kind, values in events(count):
        raw = [value.encode() if isinstance(value, str) else value for value in values]
        codes = "".join(code for _, code in kind.fields)
        body = struct.pack("<HBBi" + codes, kind.number, 0, 0, TASKS[who][0], *raw)
        if len(page) + 4 + len(body) > PAGE - _HEADER:
            yield _page(first, page)
            page = b""
        if not page:
            first = last = time
        page += struct.pack("<I", len(body) // 4 | (time - last) << 5) + body
        last = time
    if page:
        yield _page(first, page)


def _page(time: int, data: bytes) -> bytes:
    return (struct.pack("<QQ", time, len(data)) + data).ljust(PAGE, b"\0")


def _sized(name: bytes, text: str) -> bytes:
    return name + struct.pack("<Q", len(text)) + text.encode()


_PAGE_FORMAT = (
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    f"\tfield: char data;\toffset:16;\tsize:{PAGE - _HEADER};\tsigned:1;\n"
)
_EVENT_FORMAT = (
    "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
    "\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n"
    "\ttime_stamp : type == 31\n\tdata max type_len  == 28\n"
)
