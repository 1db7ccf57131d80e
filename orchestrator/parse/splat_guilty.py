# SPDX-License-Identifier: GPL-2.0-only
"""Whom a report blames: the sources a rule names, read in turn, without who is never guilty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from orchestrator.parse import splat_skips
from orchestrator.parse.splat_frames import (
    Frame,
    block,
    frame_in,
    plain_name,
    pointer_in,
    trace_frames,
    traces,
)
from orchestrator.parse.splat_row import Rule

_LOCK_HOLDER = re.compile(
    r".*(?:is trying to (?:acquire|release)|is freeing memory|takes:|is leaving the kernel"
    r"|just changed the state of lock|held the lock|locks? held by)"
)
_AT = re.compile(r"at: (?:\[<[^>]*>\] )?(?P<func>[A-Za-z_<][\w.$:<>]*)(?:\+0x|\s|$)")
# The stack of RCU's own thread, shown with a stall, is not the stalled one.
_GRACE_PERIOD = "rcu_gp_kthread"


def guilty_function(rule: Rule, named: str, body: Iterable[str]) -> str:
    """The function to blame, "" if none is found.

    named: the start line's own function or ""; body: the report without prefixes, the start
    line first; read several times, and no further than needed.
    """
    for source in rule.sources:
        skips = _SKIPS.get(source, splat_skips.NOT_GUILTY_IN_TRACE)
        for func in map(plain_name, _SOURCES[source](named, body)):
            if func and not skips.match(func):
                return func
    # Better the one the report itself names than nobody.
    return plain_name(named)


def _from_line(named: str, _body: Iterable[str]) -> Iterator[str]:
    yield named


def _from_pointer(_named: str, body: Iterable[str]) -> Iterator[str]:
    yield from islice(filter(None, map(pointer_in, body)), 1)


def _from_trace(_named: str, body: Iterable[str]) -> Iterator[str]:
    yield from (frame.func for _, frame in trace_frames(body) if frame.sure)


def _from_frames(_named: str, body: Iterable[str]) -> Iterator[str]:
    yield from (frame.func for frame in block(body) if frame.sure)


def _from_lock(_named: str, body: Iterable[str]) -> Iterator[str]:
    near = 0  # lines left in which the holder's place may be
    for line in body:
        near = 4 if near == 0 and _LOCK_HOLDER.match(line) else near
        if near:
            match = _AT.search(line)
            frame = frame_in(line) if match is None else None
            if match is not None or frame is not None:
                yield match["func"] if match else frame.func if frame else ""
                return
            near -= 1


def _from_stall(_named: str, body: Iterable[str]) -> Iterator[str]:
    """What a dispatcher called, else the first function that is not machinery."""
    frames = _interrupted(body)
    yield from (f.func for f in frames if splat_skips.TELLING.match(f.func))
    inner = ""
    for frame in frames:
        dispatcher = frame.sure and splat_skips.DISPATCHERS.match(frame.func)
        if dispatcher and inner:
            yield inner
            break
        if frame.sure and not splat_skips.NOT_GUILTY_IN_TRACE.match(frame.func):
            inner = "" if dispatcher else frame.func
    yield from (frame.func for frame in frames if frame.sure)


def _interrupted(body: Iterable[str]) -> list[Frame]:
    """The frames below the interrupt that noticed the stall, the pointer at its place."""
    stalled = (t for t in traces(body) if not any(f.func == _GRACE_PERIOD for f in t))
    frames = next(stalled, [])
    entries = [n for n, f in enumerate(frames) if splat_skips.INTERRUPT_ENTRY.match(f.func)]
    if entries:
        below = entries[0] + 1
        while below < len(frames) and below in entries:
            below += 1
        return frames[below:]
    pointers = [n for n, f in enumerate(frames) if f.pointer]
    if pointers:
        return frames[pointers[0] :]
    return [Frame(func, sure=True) for func in _from_pointer("", body)] + frames


_SOURCES = {
    "line": _from_line,
    "named": _from_line,
    "ip": _from_pointer,
    "trace": _from_trace,
    "lock": _from_lock,
    "stall": _from_stall,
    "frames": _from_frames,
    "leak": _from_frames,
}
# What is never guilty, by source; the call trace's own table for all others.
_SKIPS: dict[str, splat_skips.Names] = {
    "line": splat_skips.NOT_GUILTY,
    "ip": splat_skips.NOT_GUILTY,
    "leak": splat_skips.NOT_GUILTY_OF_LEAK,
    "named": splat_skips.Names(r"(?!)"),
}
