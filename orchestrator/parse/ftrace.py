# SPDX-License-Identifier: GPL-2.0-only
"""Text of tracefs `trace` and `trace_pipe`, and of `trace-cmd report`, to events.

    kthreadd-2       [001] .....     1.234567: task_newtask: pid=63 comm=x clone_flags=800700
      task   pid tgid cpu  irq-info  time      event         fields

The tgid column "(    2)" or "(-------)" is there with the record-tgid option, the irq-info
column unless irq-info is off. The time is seconds with a fraction, or the ticks of a clock that
has no seconds (counter, uptime, x86-tsc). Other shapes: ftrace_context.py, ftrace_body.py,
ftrace_graph.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orchestrator.model.evidence import Trace, TraceEvent
from orchestrator.parse.ftrace_body import Body, read_body
from orchestrator.parse.ftrace_context import (
    NO_TASK,
    Context,
    seconds,
    split_context,
    split_numbers,
)
from orchestrator.parse.ftrace_fields import FieldReader
from orchestrator.parse.ftrace_graph import GraphReader

# The usual line: a task name in 16 columns, so that "] " behind them is the CPU's.
_NAME_WIDTH = 16
_HEAD = re.compile(
    r"-(?P<pid>-?\d{1,10}) +(?:\( *(?:\d{1,10}|-+)\) +)?\[(?P<cpu>\d{1,5})", re.ASCII
)
_REST = re.compile(
    r"\] +(?:[^\s:]{3,9} +)?(\d{1,20}(?:\.\d{1,9})?): ([A-Za-z_]\w*): ++(?!<)(.*)", re.ASCII
).match
_CALL = re.compile(
    r"\] +(?:[^\s:]{3,9} +)?(\d{1,20}(?:\.\d{1,9})?): "
    r"([A-Za-z_.$][\w.$]*) <-([A-Za-z_.$][\w.$]*)\s*$",
    re.ASCII,
).match
_MAX_HEADS = 50_000  # tasks × CPUs remembered
_LOST = re.compile(r"CPU:\d{1,5} \[(?:LOST )?(?:(\d{1,18}) )?EVENTS(?: DROPPED)?\]", re.ASCII)
# trace, trace_pipe, ftrace_dump_on_oops and trace-cmd put these between events.
_FRAMING = re.compile(
    r"-{8,}$|Dumping ftrace buffer:|\(ftrace buffer empty\)|#|cpus=\d|CPU \d+ is empty|version = \d"
)
_DELTA = re.compile(r"^\s*\(\+\d{1,20}\)\s+", re.ASCII)  # trace-cmd report --ts-diff
_FRAME = "=> "
_MAX_FRAMES = 1000
Head = tuple[int, str, int]


def parse_ftrace(lines: Iterable[str]) -> Trace:
    """Events in file order. Header comments are ignored; any other odd line is counted.

    A lost-events line without a number counts as one: at least that many are gone.
    """
    reader = TraceReader()
    events = tuple(reader.events(lines))
    return Trace(events, reader.lost, reader.unparsed)


class TraceReader:
    """One trace, read line by line in constant memory; then lost and unparsed are final.

    lenient: also take what a torn line might look like. Text of no known shape behind a context
    is an event without a name; and as long as nothing with a context has come, there may be
    events without any (trace options nocontext-info, raw, hex).
    """

    def __init__(self, *, lenient: bool = False) -> None:
        self.lost = 0
        self.unparsed = 0
        self._lenient = lenient
        self._bare = lenient  # no context seen yet
        self._functions = False  # the header names the function tracer
        self._fields = FieldReader()
        self._graph = GraphReader()
        self._heads: dict[str, Head] = {}
        self._stack: TraceEvent | None = None  # whose frames are being read
        self._frames: list[str] = []

    def events(self, lines: Iterable[str]) -> Iterator[TraceEvent]:
        """Each event when it is whole: a stack when the line after its last frame is there."""
        heads, fields, new = self._heads, self._fields.read, tuple.__new__
        for number, line in enumerate(lines, 1):
            at = line.find("] ", _NAME_WIDTH)
            match = _REST(line, at) if at > 0 else None
            head = (heads.get(line[:at]) or self._head(line[:at])) if match else None
            if match is None or head is None or self._stack is not None:
                yield from self._other(line, number, at)
                continue
            time, event, text = match.groups()
            stamp = float(time) if "." in time else int(time)
            yield new(TraceEvent, (stamp, *head, event, fields(event, text), number, ""))
        yield from self._flush()

    def _head(self, text: str) -> Head | None:
        match = _HEAD.fullmatch(text, _NAME_WIDTH)
        if match is None:
            return None
        task, pid = text[:_NAME_WIDTH].lstrip(" "), int(match["pid"])
        if match["pid"].startswith("-") and task != NO_TASK:
            return None
        if len(self._heads) >= _MAX_HEADS:
            self._heads.clear()
        self._bare = False
        head = self._heads[text] = (int(match["cpu"]), task, pid)
        return head

    def _call(self, line: str, at: int, number: int) -> TraceEvent | None:
        """A line of the function tracer, which has many, if it is a plain one."""
        match = _CALL(line, at)
        head = (self._heads.get(line[:at]) or self._head(line[:at])) if match else None
        if match is None or head is None:
            return None
        fields = (("ip", match[2]), ("parent_ip", match[3]))
        return TraceEvent(seconds(match[1]), *head, "function", fields, number)

    def _other(self, line: str, number: int, at: int) -> Iterator[TraceEvent]:
        text = line.strip()
        if self._stack is not None:
            if text.startswith(_FRAME):
                if len(self._frames) < _MAX_FRAMES:
                    self._frames.append(text.removeprefix(_FRAME).strip())
                return
            yield from self._flush()
        if not text:
            return
        if at > 0 and (call := self._call(line, at, number)):
            yield call
            return
        if text == "# tracer: function":
            self._functions = True
        found = self._read(line, text)
        if found is not None:
            context, body = found
            event = TraceEvent(
                context.time, context.cpu, context.task, context.pid,
                body.event, body.fields, number, body.system,
            )  # fmt: skip
            if body.stack:
                self._stack = event
            else:
                yield event
            return
        yield from self._not_an_event(line, text, number)

    def _read(self, line: str, text: str) -> tuple[Context, Body] | None:
        """An event with its context, in any shape but the tracers'."""
        if split := split_context(line):
            self._bare = False
            rest = _DELTA.sub("", split[1], count=1).strip()
            body = read_body(rest, bare_symbols=self._functions)
            if body is None and self._lenient:
                body = Body("", (("text", rest),))
            return None if body is None else (split[0], body)
        if not self._bare or _FRAMING.match(text) or _LOST.match(text):
            return None
        if split := split_numbers(text):
            return split[0], Body("", (("text", split[1]),))
        body = read_body(text, bare_symbols=self._functions)
        return None if body is None else (Context(), body)

    def _not_an_event(self, line: str, text: str, number: int) -> Iterator[TraceEvent]:
        if match := _LOST.match(text):
            self.lost += int(match[1] or 1)
        elif not _FRAMING.match(text):
            graph = self._graph.read(line, number)
            if isinstance(graph, TraceEvent):
                yield graph
            elif not graph:
                self.unparsed += 1

    def _flush(self) -> Iterator[TraceEvent]:
        if self._stack is not None:
            yield self._stack._replace(fields=tuple(("stack", frame) for frame in self._frames))
        self._stack, self._frames = None, []
