# SPDX-License-Identifier: GPL-2.0-only
"""The list kmemleak gives in debugfs (print_unreferenced() in mm/kmemleak.c) → leaks.

    unreferenced object 0xffff888003e5d200 (size 64):
      comm "orch_victim", pid 123, jiffies 4294894000 (age 6.012s)
      hex dump (first 32 bytes):
        ...
      backtrace (crc 1234abcd):
        kthread_create_worker_on_node+0x1c5/0x2a0
        [<ffffffff8112a3b0>] kthread+0xe5/0x120

The age went with 6.4, the addresses of the backtrace with 5.x ("(____ptrval____)" before there
was entropy to hash them), both are read over. 7.x adds a
word for what is no slab object ("unreferenced object (percpu) 0x...").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from orchestrator.model.evidence import Leak

_OBJECT = re.compile(
    r"unreferenced object(?: \(?[\w ]{1,20}\)?)? 0x([0-9a-f]{1,16}) \(size (\d{1,18})\):"
)
_OWNER = re.compile(r'\s*comm "(.*)", pid (-?\d{1,10}), jiffies (\d{1,20})')
_FRAME = re.compile(
    r"\s+(?:\[<[^>]{1,20}>\] )?(\S+?)\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?(?: \[[\w-]+\])?$"
)


def parse_kmemleak(text: str) -> tuple[Leak, ...]:
    """Every object listed, in order. Raises nothing; an object cut short has what was there."""
    leaks: list[Leak] = []
    for block in _blocks(text.split("\n")):
        leaks.append(_leak(*block))
    return tuple(leaks)


def _blocks(lines: Iterable[str]) -> list[tuple[re.Match[str], int, list[str]]]:
    blocks: list[tuple[re.Match[str], int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        match = _OBJECT.match(line)
        if match:
            blocks.append((match, number, []))
        elif blocks:
            blocks[-1][2].append(line)
    return blocks


def _leak(head: re.Match[str], number: int, body: list[str]) -> Leak:
    owner = next(filter(None, map(_OWNER.match, body)), None)
    frames = [match for match in map(_FRAME.match, body) if match]
    return Leak(
        size=int(head[2]),
        comm=owner[1] if owner else "",
        pid=int(owner[2]) if owner else 0,
        jiffies=int(owner[3]) if owner else 0,
        backtrace=tuple(match[1] for match in frames),
        line=number,
        frames=tuple(match[0].strip() for match in frames),
    )
