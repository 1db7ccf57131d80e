# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate parse trace"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import click
import msgspec

from orchestrator.model.evidence import TraceEvent
from orchestrator.parse.ftrace import TraceReader

_BATCH = 2000
_STACKS = ("kernel_stack", "user_stack")


@click.command("trace")
@click.option("--json-lines", "as_json", is_flag=True, help="One JSON object an event and line.")
@click.argument("file", metavar="FILE",
                type=click.Path(exists=True, dir_okay=False, allow_dash=True))  # fmt: skip
def command(as_json: bool, file: str) -> None:
    """Print the events of FILE: ftrace's trace or trace_pipe, or what trace-cmd report prints.

    An event is {"ts", "cpu", "task", "pid", "event", "fields"}: ts in seconds, or in ticks, an
    integer, for clocks without seconds; null is what the line does not say. fields holds
    key=value pairs as strings, a list for a key that comes twice and for a stack's frames, and
    "text" for what is not key=value. How many events the kernel lost, and how many lines are
    none, is told on standard error.
    """
    reader = TraceReader(lenient=True)
    with click.open_file(file, encoding="utf-8", errors="replace") as stream:
        events = reader.events(stream)
        for batch in json_batches(events) if as_json else map(_in_words, events):
            click.echo(batch, nl=not as_json)
    if reader.lost or reader.unparsed:
        said = f"{file}: {reader.lost} events lost by the kernel, {reader.unparsed} odd lines"
        click.echo(said, err=True)


def json_batches(events: Iterable[TraceEvent]) -> Iterator[bytes]:
    """JSON lines of some events at a time, in constant memory."""
    encode = msgspec.json.Encoder().encode_lines
    rows = map(_json_object, events)
    while batch := list(islice(rows, _BATCH)):
        yield encode(batch)


class _Object(msgspec.Struct, omit_defaults=True):
    """One line of JSON; an object of slots takes half the time a dict does."""

    ts: float
    cpu: int | None
    task: str | None
    pid: int | None
    event: str
    fields: dict[str, Any]
    system: str = ""


def _json_object(event: TraceEvent) -> _Object:
    """nan, -1 and "" for what the trace does not say become null; msgspec does so with nan."""
    time, cpu, task, pid, name, pairs, _line, system = event
    fields: dict[str, Any] = dict(pairs)
    if len(fields) != len(pairs) or name in _STACKS:
        fields = _lists(name, pairs)
    return _Object(
        time,
        cpu if cpu >= 0 else None,
        task if task or pid >= 0 else None,
        pid if pid >= 0 or task else None,
        name,
        fields,
        system,
    )


def _lists(name: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    gathered: dict[str, list[str]] = {"stack": []} if name in _STACKS else {}
    for key, value in pairs:
        gathered.setdefault(key, []).append(value)
    return {
        key: values if len(values) != 1 or name in _STACKS else values[0]
        for key, values in gathered.items()
    }


def _in_words(event: TraceEvent) -> str:
    fields = " ".join(f"{key}={value}" for key, value in event.fields)
    where = f"{event.task}-{event.pid}" if event.task or event.pid >= 0 else "-"
    return f"{event.time_s} cpu {event.cpu} {where} {event.event}: {fields}"
