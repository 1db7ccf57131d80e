# SPDX-License-Identifier: GPL-2.0-only
"""tracefs `trace` and `trace_pipe` text to events (kernel/trace/trace_output.c).

    kthreadd-2       [001] .....     1.234567: task_newtask: pid=63 comm=x clone_flags=800700
      task   pid tgid cpu  irq-info  time      event         fields

The tgid column "(    2)" or "(-------)" is there with the record-tgid option, the irq-info
column unless irq-info is off. The time is seconds with a fraction, or an integer: nanoseconds
for the clocks local, global, mono, ... when not shown as seconds, ticks for "counter".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from orchestrator.model.evidence import Trace, TraceEvent

# Task names hold spaces, dashes and brackets, so what follows the name decides where it ends:
# at the first "-pid [cpu]" that a time and an event follow.
_EVENT = re.compile(
    r"\s*(?P<task>\S.{0,63}?|)-(?P<pid>\d{1,10}) +(?:\( *(?:\d{1,10}|-+)\) +)?"
    r"\[(?P<cpu>\d{1,5})\] +(?:(?P<flags>[^\s:]{3,9}) +)?"
    r"(?P<time>\d{1,20}(?:\.\d{1,9})?): (?P<event>[A-Za-z_]\w*):(?: |$)(?P<rest>.*)"
)
_LOST = re.compile(r"CPU:\d+ \[LOST (\d{1,18}) EVENTS\]")
_LOST_UNCOUNTED = re.compile(r"CPU:\d+ \[LOST EVENTS\]")
# A value runs up to the next " key=", so it may hold spaces.
_KEY = re.compile(r"(?:^|(?<=[\s,{(]))([A-Za-z_][\w.\->\[\]]*)=")
# trace_pipe and ftrace_dump_on_oops put these between events.
_FRAMING = re.compile(
    r"-{8,}$|Dumping ftrace buffer:|\(ftrace buffer empty\)|#|##### CPU \d+ buffer"
)
_NS = 1e-9


def parse_ftrace(lines: Iterable[str]) -> Trace:
    """Events in file order. Header comments are ignored; any other odd line is counted.

    A lost-events line without a number counts as one: at least that many are gone.
    time_s of an integer timestamp takes it as nanoseconds.
    """
    events: list[TraceEvent] = []
    lost = unparsed = 0
    for number, line in enumerate(lines, 1):
        match = _EVENT.match(line)
        if match is not None:
            events.append(_event(match, number))
            continue
        missing = _lost_events(line)
        lost += missing
        text = line.strip()
        if text and not missing and not _FRAMING.match(text):
            unparsed += 1
    return Trace(tuple(events), lost, unparsed)


def _event(match: re.Match[str], number: int) -> TraceEvent:
    task, pid, cpu, _flags, time, event, rest = match.groups()
    return TraceEvent(
        time_s=float(time) if "." in time else int(time) * _NS,
        cpu=int(cpu),
        task=task,
        pid=int(pid),
        event=event,
        fields=_fields(rest),
        line=number,
    )


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    """The key=value pairs of an event; text before the first key is not a field."""
    parts = _KEY.split(text.rstrip("\r\n"))
    return tuple(zip(parts[1::2], map(_value, parts[2::2]), strict=True))


def _value(text: str) -> str:
    return text.removesuffix(" ==> ").strip(" ,")


def _lost_events(line: str) -> int:
    match = _LOST.search(line)
    if match is not None:
        return int(match[1])
    return 1 if _LOST_UNCOUNTED.search(line) else 0
