# SPDX-License-Identifier: GPL-2.0-only
"""Trace events with values instead of text."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from orchestrator.model.evidence import TraceEvent

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)|0x[0-9a-f]+")
_SHOWN = 8  # events or names in a message


class Event(Struct, frozen=True):
    """event: its name; pid, task: who ran; fields: as the kernel printed them, in order, numbers
    (decimal, or 0x...) as int; names of tasks (comm, child_comm, ...) are text."""

    event: str
    time_s: float
    cpu: int
    task: str
    pid: int
    fields: Mapping[str, int | str]

    def __getitem__(self, name: str) -> int | str:
        if name not in self.fields:
            raise KeyError(f"{self.event} has no field {name!r}, but {', '.join(self.fields)}")
        return self.fields[name]

    def get(self, name: str, default: int | str = "") -> int | str:
        """The field of that name, or default."""
        return self.fields.get(name, default)

    def __str__(self) -> str:
        said = " ".join(f"{name}={value}" for name, value in self.fields.items())
        return f"{self.task}-{self.pid} [{self.cpu}] {self.time_s:.6f}: {self.event}: {said}"


def typed(event: TraceEvent) -> Event:
    """What was parsed, with values. Of fields of one name the first counts."""
    fields = {name: _value(name, text) for name, text in reversed(event.fields)}
    ordered = {name: fields[name] for name, _ in event.fields}
    return Event(event.event, event.time_s, event.cpu, event.task, event.pid, ordered)


def _value(name: str, text: str) -> int | str:
    is_number = not name.endswith("comm") and _NUMBER.fullmatch(text)
    return int(text, 0) if is_number else text


def matching(events: Iterable[Event], name: str, fields: Mapping[str, object]) -> list[Event]:
    """Those whose name this shell pattern matches and whose fields have these values; a text
    value is a shell pattern, too."""
    return [
        one
        for one in events
        if fnmatch.fnmatchcase(one.event, name)
        and all(_has(one.fields.get(field), wanted) for field, wanted in fields.items())
    ]


def _has(value: int | str | None, wanted: object) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return fnmatch.fnmatchcase(value, wanted)
    return value is not None and value == wanted


def the_one(events: Iterable[Event], name: str, fields: Mapping[str, object]) -> Event:
    """The only one that matches. AssertionError that shows what there is instead."""
    __tracebackhide__ = True
    every = list(events)
    found = matching(every, name, fields)
    if len(found) == 1:
        return found[0]
    asked = " ".join([name, *(f"{field}={value}" for field, value in fields.items())])
    near = found or matching(every, name, {}) or every
    raise AssertionError(_message(f"events {asked}", len(found), [str(one) for one in near]))


def exactly_one(what: str, found: list[str], instead: Iterable[str]) -> str:
    """Why there is not the one that was asked for; instead: what there is, if there is none."""
    return _message(what, len(found), found or list(instead))


def _message(what: str, count: int, lines: list[str]) -> str:
    shown = [f"  {line}" for line in lines[:_SHOWN]]
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    head = f"{count} {what}, not one" + ("; there is:" if lines else ", and nothing else")
    return "\n".join([head, *shown, *more])
