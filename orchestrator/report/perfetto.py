# SPDX-License-Identifier: GPL-2.0-only
"""RunPage → a trace that Perfetto's UI opens, in its own format (protos/perfetto/trace).

Its older JSON format needs no library, but has times in microseconds and no tracks but those of
processes and threads. Times are nanoseconds of the guest's own clock, as dmesg and the trace have
them; what has only the host's clock is told with the first track.

    run        what it was, and its verdict; findings
    boot       the kernel until init, until the first suite; the log's warnings
    cases      a slice for each
    CPU n      each event that happened there
    threads    from made to last seen, works as slices in it, its events
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from orchestrator.model.evidence import TraceEvent
from orchestrator.model.run_page import RunPage
from orchestrator.report.page_time import INIT
from orchestrator.report.perfetto_writer import TraceWriter
from orchestrator.report.trace_threads import CaseTime, Thread, cases_of, threads_of, timed


def perfetto_trace(page: RunPage) -> bytes:
    """The trace file. A run that never got to a boot has the first track alone."""
    writer = TraceWriter()
    evidence = page.result.evidence
    events = timed(evidence.trace.events) if evidence else []
    times = [event.time_s for event in events] + [line.time_s for line in page.log]
    times += [time for time in page.times if time is not None]
    times = [time for time in times if math.isfinite(time) and time >= 0]
    start, end = min(times, default=0.0), max(times, default=0.0)
    cases = cases_of(events)
    _run(writer, page, start, end)
    _boot(writer, page, cases)
    _cases(writer, cases, end)
    _cpus(writer, events)
    _threads(writer, threads_of(events), end)
    return writer.done()


def _run(writer: TraceWriter, page: RunPage, start: float, end: float) -> None:
    result = page.result
    track = writer.track(f"run: {result.verdict.value}", rank=-5, ordered=True)
    facts = {
        "verdict": result.verdict.value, "kernel": result.kernel_release, "config": result.config,
        "tree": result.tree_origin, "patches": ", ".join(result.patches),
        "command": " ".join(result.command), "started": result.started_at,
        **{f"stage {one.stage}, host": "cached" if one.cached else f"{one.took_s:.3f} s"
           for one in result.stages},
        **{f"damage {number}": text for number, text in enumerate(page.damage, 1)},
    }  # fmt: skip
    writer.begin(track, start, f"{result.verdict.value}: {result.kernel_release}", facts)
    writer.end(track, end)
    found = writer.track("findings", track)
    times = page.times or (None,) * len(result.findings)
    for finding, when_s in zip(result.findings, times, strict=True):
        told = {"fault": finding.fault.value, "check": finding.check, "hint": finding.hint}
        told |= {f"{n} {line.file}:{line.line}": line.text
                 for n, line in enumerate(finding.evidence)}  # fmt: skip
        if when_s is None:
            told["time"] = "not known: put at the end"
        word = f"known {finding.verdict.value}" if finding.known else finding.verdict.value
        writer.instant(found, end if when_s is None else when_s, f"{word}: {finding.title}", told)


def _boot(writer: TraceWriter, page: RunPage, cases: Sequence[CaseTime]) -> None:
    """By the log: the kernel until it starts init, and init until the first case."""
    if not page.log:
        return
    track = writer.track("boot", rank=-4, ordered=True)
    last = max(line.time_s for line in page.log)
    init = next((line.time_s for line in page.log if line.text.startswith(INIT)), None)
    writer.begin(track, 0.0, "kernel", {})
    writer.end(track, last if init is None else init)
    if init is not None:
        first = min((case.start_s for case in cases if case.start_s >= init), default=None)
        until = "init until the first case" if first is not None else "init"
        writer.begin(track, init, until, {})
        writer.end(track, max(init, last) if first is None else first)
    log = writer.track("log", track)
    for line in page.log:
        writer.instant(log, line.time_s, line.text or "(empty)",
                       {"level": str(line.level)} if line.level >= 0 else {})  # fmt: skip


def _cases(writer: TraceWriter, cases: Sequence[CaseTime], end: float) -> None:
    if not cases:
        return
    track = writer.track("cases", rank=-3)
    for case in cases:
        done = case.end_s if case.end_s is not None else end
        told = {"suite": case.suite, "case": case.case, "param": case.param}
        writer.begin(track, case.start_s, case.path, told if case.end_s is not None
                     else {**told, "end": "it never ended"})  # fmt: skip
        writer.end(track, done)


def _cpus(writer: TraceWriter, events: Iterable[TraceEvent]) -> None:
    parent = 0
    tracks: dict[int, int] = {}
    for event in events:
        parent = parent or writer.track("CPUs", rank=-2, ordered=True)
        if event.cpu not in tracks:
            name = f"CPU {event.cpu}" if event.cpu >= 0 else "no CPU told"
            tracks[event.cpu] = writer.track(name, parent, event.cpu)
        task = {"task": f"{event.task} {event.pid}"} if event.pid >= 0 else {}
        writer.instant(tracks[event.cpu], event.time_s, _name(event), {**task, **_facts(event)})


def _threads(writer: TraceWriter, threads: Sequence[Thread], end: float) -> None:
    """Those of suites first."""
    if not threads:
        return
    parent = writer.track("threads", rank=-1, ordered=True)
    for rank, thread in enumerate(sorted(threads, key=lambda one: not one.kind)):
        track = writer.track(f"{thread.name} {thread.pid}", parent, rank)
        first, last = thread.span
        open_work = any(done is None for _, done in thread.works)
        last = end if open_work else last
        writer.begin(track, first, thread.name or "(no name)", dict(_told(thread)))
        for time_s, what, event in _within(thread, end):
            if what == "begin":
                writer.begin(track, time_s, "work", {})
            elif what == "end":
                writer.end(track, time_s)
            elif event is not None:
                writer.instant(track, time_s, _name(event), _facts(event))
        writer.end(track, last)


def _within(thread: Thread, end: float) -> list[tuple[float, str, TraceEvent | None]]:
    """(time, "begin" or "end" of a work, or "event"), by time. Works come one after the other, as
    they stand, so that one that took no time still begins before it ends."""
    found: list[tuple[float, str, TraceEvent | None]] = []
    for begun, done in thread.works:
        found += [(begun, "begin", None), (end if done is None else done, "end", None)]
    found += [(event.time_s, "event", event) for event in thread.events]
    return sorted(found, key=lambda each: each[0])


def _told(thread: Thread) -> Iterator[tuple[str, str]]:
    if thread.suite:
        yield "suite", thread.suite
    if thread.kind:
        yield "kind", thread.kind
    if thread.asked is not None:
        yield "asked node", "any" if thread.asked < 0 else str(thread.asked)
    if thread.landed is not None:
        yield from zip(("task node", "stack node", "CPU", "CPU's node"),
                       map(str, thread.landed), strict=True)  # fmt: skip
    if thread.stop_s is not None:
        yield "asked to stop at", f"{thread.stop_s:.6f} s"


def _facts(event: TraceEvent) -> dict[str, str]:
    """The last of several fields of one name; a stack's frames by number."""
    if event.fields and event.fields[0][0] == "stack":
        return {f"{number}": frame for number, (_, frame) in enumerate(event.fields)}
    return dict(event.fields)


def _name(event: TraceEvent) -> str:
    return event.event or "(no name)"
