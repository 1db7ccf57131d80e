# SPDX-License-Identifier: GPL-2.0-only
"""Trace events → what each thread of a case did, without pids, addresses and times.

Threads are called by what they are in their case: "case" (the one KUnit runs it in), "kthreadd",
or kind, name and number in order of creation, such as "worker orch_w 2". kworkers are left out:
which one serves a call is the scheduler's choice. Events are kept twice, in bags and in
sequence, so that an order which is free does not hide what happened.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from orchestrator.judge.compare.normal import function, pointers
from orchestrator.model import rundir
from orchestrator.model.cases import case_windows
from orchestrator.model.compare import Key, Kind, Seen
from orchestrator.model.evidence import TraceEvent
from orchestrator.model.verdict import EvidenceLine

_US = 1e6
_KTHREADD = 2
# Not what a thread did: ends of the window, ids, and what has a kind of its own.
_SKIPPED = {"orch_case", "orch_left"}
# Suites that race on purpose: what their threads do, and where, is not the same twice.
_RACING = {"orch_killed", "orch_stress"}
# Suites that try until it works, failing each allocation in turn: what happens is the same each
# time, how often, and so in how many threads, is not.
_TRYING = {"orch_faults", "orch_midway"}
# A timer's handler queues works in whatever thread it interrupts.
_ANYBODY = {"sched_kthread_work_queue_work"}
# Of several that ask it at once, kthreadd serves any first; of one, that one's order tells it.
_NO_ORDER = {"queue", "kthreadd"}
_NUMBER = re.compile(r" \d+$")  # of a thread among those of its name
_PID = re.compile(r"\d{1,10}")
_PID_FIELDS = {"pid"}
_DROPPED = {"id", "suite", "struct", "worker", "cpu"}


def trace_facts(events: Sequence[TraceEvent]) -> dict[Key, Seen]:
    """Bags and sequences of every thread of every case."""
    facts: dict[Key, Seen] = {}
    for suite, case, inside in case_windows(events):
        if suite in _RACING:
            continue
        where = ".".join((suite, case, *_parameter(inside[0])))
        roles = _roles(inside)
        bags: dict[tuple[Kind, str, str], list[tuple[str, TraceEvent]]] = defaultdict(list)
        orders: dict[str, list[tuple[str, TraceEvent]]] = defaultdict(list)
        for event in inside:
            actor = "queue" if event.event in _ANYBODY else roles.get(event.pid, "")
            if not actor or event.event in _SKIPPED or _of_the_kernel(event):
                continue
            if suite in _TRYING:
                actor = _NUMBER.sub("", actor)
            for kind, name, text in _facets(event, roles):
                bags[kind, actor, name].append((text, event))
            if actor not in _NO_ORDER:
                orders[actor].append((_short(event, roles), event))
        for (kind, actor, name), said in bags.items():
            facts[Key(kind, where, f"{actor}: {name}")] = _bag(said, suite not in _TRYING)
        for actor, said in orders.items() if suite not in _TRYING else ():
            facts[Key(Kind.ORDER, where, actor)] = _sequence(said)
    return facts


def _of_the_kernel(event: TraceEvent) -> bool:
    """What any case may be the one to meet: a workqueue that wants another kworker, and works for
    kthread workers that the kernel has of its own, as RCU and workqueues do.
    """
    if event.event in _ANYBODY:
        work = event.get("function")  # of a module: "name [module]"; kthread_flush_work_fn is ours
        return not work.endswith("]") and not work.startswith("kthread_")
    return event.event == "task_newtask" and event.get("comm").startswith("kworker/")


def _parameter(begin: TraceEvent) -> tuple[str, ...]:
    """Of a case that has one: each is a window of its own."""
    param = begin.get("param", "-")
    return () if param in ("", "-") else (param,)


def _roles(events: Sequence[TraceEvent]) -> dict[int, str]:
    """pid → who that is in this case."""
    roles = {_KTHREADD: "kthreadd"}
    numbers: Counter[str] = Counter()
    requests: dict[str, TraceEvent] = {}
    for event in events:
        if event.event == "orch_case":
            roles[event.pid] = "case"
        elif event.event == "orch_request":
            requests[event.get("id")] = event
        elif event.event == "orch_created" and event.get("pid", "0") != "0":
            request = requests.get(event.get("id"))
            if request:
                name = f"{request.get('kind')} {request.get('name')}"
                numbers[name] += 1
                roles[_int(event.get("pid"))] = f"{name} {numbers[name]}"
    return roles


def _facets(event: TraceEvent, roles: dict[int, str]) -> Iterator[tuple[Kind, str, str]]:
    """(kind, name of the bag, what goes into it). A placement is two: memory and CPU."""
    if event.event == "orch_placed":
        asked = event.get("asked")
        if asked.startswith("-"):
            return  # anywhere is right
        name = event.get("name")
        nodes = f"task on node {event.get('task_node')}, stack on {event.get('stack_node')}"
        yield Kind.PLACE, "memory", f"{name} for node {asked}: {nodes}"
        yield Kind.PLACE, "CPU", f"{name} for node {asked}: on node {event.get('cpu_node')}"
        return
    if event.event == "orch_work":
        if not event.get("asked").startswith("-"):
            yield Kind.PLACE, "work", f"for node {event.get('asked')}: {event.get('cpu_node')}"
        return
    yield Kind.TRACE, event.event, _rendered(event, roles)


def _rendered(event: TraceEvent, roles: dict[int, str]) -> str:
    text = event.get("text")
    if text and event.event not in _ANYBODY:
        return pointers(function(text))
    shown = []
    for name, value in event.fields:
        if name in _PID_FIELDS:
            who = roles.get(_int(value), "none" if value == "0" else "other")
            shown.append(f"{name}={_NUMBER.sub('', who)}")
        elif name not in _DROPPED and name != "text":
            shown.append(f"{name}={pointers(function(value))}")
    return " ".join(shown)


def _short(event: TraceEvent, roles: dict[int, str]) -> str:
    if event.event in ("orch_placed", "orch_work"):
        return event.event
    return f"{event.event}({_rendered(event, roles)})"


def _bag(said: list[tuple[str, TraceEvent]], counted: bool) -> Seen:
    counts = Counter(text for text, _ in said)
    value = "; ".join(
        f"{count} × {text}" if counted else text for text, count in sorted(counts.items())
    )
    return Seen(value, tuple(_line(event) for _, event in said[:4]))


def _sequence(said: list[tuple[str, TraceEvent]]) -> Seen:
    return Seen(" → ".join(text for text, _ in said), tuple(_line(event) for _, event in said[:4]))


def _line(event: TraceEvent) -> EvidenceLine:
    shown = " ".join(f"{key}={value}" for key, value in event.fields if key != "text")
    return EvidenceLine(rundir.TRACE, event.line, f"{event.event}: {shown or event.get('text')}")


def creations(events: Sequence[TraceEvent]) -> dict[str, tuple[float, ...]]:
    """Kind of thread → duration of each successful call, request to return, microseconds.

    From the suite orch_latency alone if it ran: it does nothing else meanwhile.
    """
    begun: dict[str, TraceEvent] = {}
    took: dict[tuple[bool, str], list[float]] = defaultdict(list)
    for event in events:
        if event.event == "orch_request":
            begun[event.get("id")] = event
        elif event.event == "orch_created" and event.get("err") == "0":
            request = begun.get(event.get("id"))
            if request:
                quiet = request.get("suite") == "orch_latency"
                duration = (event.time_s - request.time_s) * _US
                took[quiet, request.get("kind")].append(duration)
    quiet_ones = any(quiet for quiet, _ in took)
    return {kind: tuple(values) for (quiet, kind), values in took.items() if quiet == quiet_ones}


def case_durations(events: Sequence[TraceEvent]) -> dict[str, float]:
    """Case → seconds from orch_case to orch_case_end, those of its parameters added up."""
    took: dict[str, float] = defaultdict(float)
    open_at: TraceEvent | None = None
    for event in events:
        if event.event == "orch_case":
            open_at = event
        elif event.event == "orch_case_end" and open_at is not None:
            where = f"{open_at.get('suite')}.{open_at.get('case')}"
            took[where] += event.time_s - open_at.time_s
            open_at = None
    return dict(took)


def _int(text: str) -> int:
    return int(text) if _PID.fullmatch(text) else 0
