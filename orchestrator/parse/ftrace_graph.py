# SPDX-License-Identifier: GPL-2.0-only
"""Lines of the function_graph tracer (kernel/trace/trace_functions_graph.c).

 1)   bash-1234    |   0.123 us    |      getname();
cpu  task and pid      duration        calls, indented by two a level
"""

from __future__ import annotations

import math
import re

from orchestrator.model.evidence import TraceEvent
from orchestrator.parse.ftrace_body import read_body

_LINE = re.compile(
    r" *(?:(?P<time>\d{1,10}\.\d{6}) \| +)?(?:(?P<rel>\d{1,20}) us \| +)?(?:(?P<cpu>\d{1,5})\) +)?"
    r"(?:(?P<task>\S.{0,15}?)-(?P<pid>\d{1,10}) +\| +)?(?:[.dDbX][^\s:|]{2,8} *\| +)?"
    r"(?:[$@*#!+] +)?(?:(?P<duration>\d{1,20}(?:\.\d{1,3})?) us +)?\|  ?"
    r"(?P<indent> *)(?P<call>\S.*)",
    re.ASCII,
)
_SWITCH = re.compile(
    r" *(?P<cpu>\d{1,5})\) +\S.{0,15}?-\d{1,10} +=> +(?P<task>\S.{0,15}?)-(?P<pid>\d{1,10}) *$",
    re.ASCII,
)
_INTERRUPT = re.compile(
    r" *(?:\d{1,10}\.\d{6} \| +)?(?:\d{1,5}\) +)?(?:\S.{0,31}? \| +)?(==========>|<==========) +\|",
    re.ASCII,
)
_NAME = re.compile(r"(?:\} /\* )?([\w.$]+(?: \[[\w-]+\])?)", re.ASCII)


class GraphReader:
    """Remembers which task is on which CPU, as the switch lines between calls say."""

    def __init__(self) -> None:
        self._tasks: dict[int, tuple[str, int]] = {}

    def read(self, line: str, number: int) -> TraceEvent | bool:
        """An event; True for a line that belongs to such a trace and is none; False for others.

        A function is funcgraph_entry with `func`, `depth` and, if it calls nothing, its
        `duration_us`; the closing brace is funcgraph_exit. A comment is the event in it.
        """
        match = _LINE.match(line)
        if match is None:
            return self._switch(line) or _INTERRUPT.match(line) is not None
        cpu = int(match["cpu"]) if match["cpu"] else -1
        task, pid = self._tasks.get(cpu, ("", -1))
        if match["task"]:
            task, pid = match["task"], int(match["pid"])
        time = float(match["time"]) if match["time"] else math.nan
        event, system, fields = _call(match)
        return TraceEvent(time, cpu, task, pid, event, fields, number, system)

    def _switch(self, line: str) -> bool:
        match = _SWITCH.match(line)
        if match is not None and len(self._tasks) < 100_000:
            self._tasks[int(match["cpu"])] = match["task"], int(match["pid"])
        return match is not None


def _call(match: re.Match[str]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    call = match["call"].rstrip()
    if call.startswith("/*"):
        text = call.removeprefix("/*").removesuffix("*/").strip()
        body = read_body(text)
        return (body.event, body.system, body.fields) if body else ("", "", (("text", text),))
    event = "funcgraph_exit" if call.startswith("}") else "funcgraph_entry"
    name = _NAME.match(call)
    fields = [("func", name[1])] if name else []
    fields.append(("depth", str(len(match["indent"]) // 2)))
    if match["duration"]:
        fields.append(("duration_us", match["duration"]))
    return event, "", (*fields, ("text", call))
