# SPDX-License-Identifier: GPL-2.0-only
"""Trace events along time, a strip per CPU, per thread and for the cases, for a run's page.

A run has ten events or a million; a page has a limit of rows and of strokes in a row, and says what
it left out. All of it is in the Perfetto export.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import markupsafe
from msgspec import Struct

from orchestrator.model.evidence import TraceEvent
from orchestrator.report.page_axis import Axis, axis_of, columns, counted, finite, spans, strip
from orchestrator.report.trace_threads import CaseTime, Thread, threads_of

MOST_CPUS = 128
MOST_THREADS = 80


class Row(Struct, frozen=True):
    """One strip. name: of a CPU or thread. said: figures in words, short. odd: worth a look."""

    name: str
    said: str
    strip: markupsafe.Markup
    odd: bool = False


class Events(Struct, frozen=True):
    """All of it. left_out: what is not shown, in words. kinds: (event, how many), most first."""

    axis: Axis
    total: int
    kinds: tuple[tuple[str, int], ...]
    cases: Row | None
    cpus: tuple[Row, ...]
    threads: tuple[Row, ...]
    left_out: tuple[str, ...]
    fullest: int  # events in the fullest bin of a CPU


def events_shown(
    events: Sequence[TraceEvent], cases: Sequence[CaseTime], marks: Sequence[float | None] = ()
) -> Events | None:
    """events: with a time, sorted by it. marks: when findings were. None if there are no events."""
    axis = axis_of(event.time_s for event in events)
    if axis is None:
        return None
    places = [axis.share(time) for time in finite(marks) if axis.start <= time <= axis.end]
    by_cpu: dict[int, list[float]] = defaultdict(list)
    for event in events:
        by_cpu[event.cpu].append(event.time_s)
    busiest = sorted(by_cpu, key=lambda cpu: -len(by_cpu[cpu]))[:MOST_CPUS]
    bins = {cpu: counted(axis, by_cpu[cpu]) for cpu in sorted(busiest)}
    fullest = max(max(each) for each in bins.values())
    cpus = [
        Row(
            f"CPU {cpu}" if cpu >= 0 else "no CPU told",
            f"{len(by_cpu[cpu])}",
            strip(("n", columns(each, fullest)), marks=places),
        )
        for cpu, each in bins.items()
    ]
    found = threads_of(events)
    chosen = _chosen(found)
    return Events(
        axis=axis,
        total=len(events),
        kinds=tuple(Counter(event.event or "(no name)" for event in events).most_common()),
        cases=_cases(axis, cases, places),
        cpus=tuple(cpus),
        threads=tuple(_thread(axis, thread, places) for thread in chosen),
        left_out=tuple(_left_out(len(by_cpu), found, chosen)),
        fullest=fullest,
    )


def _chosen(found: Sequence[Thread]) -> list[Thread]:
    """Those that are shown, in the order in which they were first seen: first those that landed
    elsewhere than they asked, then those of suites, then the busiest."""
    ranked = sorted(
        found, key=lambda one: (not one.off_node, not one.kind, -len(one.events) - len(one.works))
    )
    kept = {id(thread) for thread in ranked[:MOST_THREADS]}
    return [thread for thread in found if id(thread) in kept]


def _cases(axis: Axis, cases: Sequence[CaseTime], marks: Sequence[float]) -> Row | None:
    if not cases:
        return None
    odd = [case for case in cases if case.end_s is None]
    done = [(case.start_s, case.end_s) for case in cases if case.end_s is not None]
    # Every other one on another height, so that neighbours can be told apart.
    even, uneven = spans(axis, done[::2]), spans(axis, done[1::2]).replace(" 8H", " 12H")
    open_ones = spans(axis, [(case.start_s, axis.end) for case in odd])
    said = f"{len(cases)}" + (f", {len(odd)} not ended" if odd else "")
    drawn = strip(("even", even), ("uneven", uneven), ("bad", open_ones), marks=marks)
    return Row("cases", said, drawn, bool(odd))


def _thread(axis: Axis, thread: Thread, marks: Sequence[float]) -> Row:
    start, end = thread.span
    works = [(begun, end if done is None else done) for begun, done in thread.works]
    own = counted(axis, (event.time_s for event in thread.events))
    drawn = strip(
        ("life", spans(axis, [(start, end)])),
        ("work", spans(axis, works)),
        ("n", columns([min(count, 1) for count in own], 1)),
        marks=marks,
    )
    said = [str(len(thread.events))]
    if thread.works:
        said.append(f"{len(thread.works)} works")
    if thread.asked is not None:
        said.append(_where(thread))
    return Row(f"{thread.name} {thread.pid}", ", ".join(said), drawn, thread.off_node)


def _where(thread: Thread) -> str:
    """ "asked node 2: memory 2, stack 2, CPU 2 (node 2)" in short."""
    asked = "any" if thread.asked is None or thread.asked < 0 else f"node {thread.asked}"
    if thread.landed is None:
        return f"asked {asked}, never ran"
    task, stack, cpu, node = thread.landed
    got = f"node {task}" if task == stack == node else f"{task}/{stack}/{node}"
    return f"{asked} → {got}, CPU {cpu}"


def _left_out(cpus: int, found: Sequence[Thread], shown: Sequence[Thread]) -> list[str]:
    words = []
    if cpus > MOST_CPUS:
        words.append(f"{cpus - MOST_CPUS} of {cpus} CPUs")
    if len(found) > len(shown):
        words.append(f"{len(found) - len(shown)} of {len(found)} threads")
    return words
