# SPDX-License-Identifier: GPL-2.0-only
"""Trace events → the threads they tell of, and the windows of cases. Times: the trace's clock."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import Struct

from orchestrator.model.evidence import TraceEvent

_PID = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_START, _END = "sched_kthread_work_execute_start", "sched_kthread_work_execute_end"


@dataclass
class Thread:
    """One thread, as the trace has it. kind: "thread" or "worker" of a suite, "" of anybody else.
    asked and where it landed: None if it is none of a suite's, or never got to run; asked -1: any.

    events: those that it was the running task of. works: (start, end) of works it executed, end
    None if there was none. made_s, stop_s: when it was made, and asked to stop; None: not seen.
    """

    pid: int
    name: str
    kind: str = ""
    suite: str = ""
    made_s: float | None = None
    stop_s: float | None = None
    asked: int | None = None
    landed: tuple[int, int, int, int] | None = None  # task node, stack node, CPU, its node
    events: list[TraceEvent] = field(default_factory=list)
    works: list[tuple[float, float | None]] = field(default_factory=list)

    @property
    def span(self) -> tuple[float, float]:
        """From when it was made, or first seen, to when it was last seen."""
        times = [event.time_s for event in self.events]
        times += [time for time in (self.made_s, self.stop_s) if time is not None]
        times += [time for work in self.works for time in work if time is not None]
        return min(times), max(times)

    @property
    def off_node(self) -> bool:
        """Did it ask for a node, and get memory, stack or CPU of another?"""
        if self.asked is None or self.asked < 0 or self.landed is None:
            return False
        task, stack, _, cpu_node = self.landed
        return not task == stack == cpu_node == self.asked


class CaseTime(Struct, frozen=True):
    """A case's window. end_s: None if it never ended."""

    suite: str
    case: str
    param: str  # "" for none
    start_s: float
    end_s: float | None

    @property
    def path(self) -> str:
        """As in the results: "orch_create.many.node1"."""
        return ".".join(filter(None, (self.suite, self.case, self.param)))


def timed(events: Iterable[TraceEvent]) -> list[TraceEvent]:
    """Events that have a time, by it; those of one time as they stand."""
    return sorted((each for each in events if math.isfinite(each.time_s)), key=_time)


def cases_of(events: Iterable[TraceEvent]) -> list[CaseTime]:
    """Windows of cases, in order; they run one at a time."""
    found: list[CaseTime] = []
    for event in events:
        if event.event not in ("orch_case", "orch_case_end"):
            continue
        param = event.get("param")
        names = event.get("suite"), event.get("case"), "" if param == "-" else param
        if event.event == "orch_case":
            found.append(CaseTime(*names, event.time_s, None))
        elif found and (found[-1].suite, found[-1].case, found[-1].param) == names:
            found[-1] = CaseTime(*names, found[-1].start_s, event.time_s)
    return found


def threads_of(events: Iterable[TraceEvent]) -> list[Thread]:
    """In the order in which they are first seen. A pid that is made anew is another thread."""
    reader = _Threads()
    for event in events:
        reader.read(event)
    return reader.found


class _Threads:
    def __init__(self) -> None:
        self.found: list[Thread] = []
        self._now: dict[int, Thread] = {}
        self._requests: dict[str, TraceEvent] = {}

    def read(self, event: TraceEvent) -> None:
        if event.pid >= 0:
            running = self._thread(event.pid, event.task)
            running.events.append(event)
            self._work(running, event)
        about = _number(event.get("pid"))
        if event.event == "task_newtask" and about:
            self._now.pop(about, None)
            self._thread(about, event.get("comm")).made_s = event.time_s
        elif event.event == "orch_request":
            self._requests[event.get("id")] = event
        elif event.event in ("orch_created", "orch_placed") and about:
            self._suites(event, self._thread(about, event.get("name")))
        elif event.event == "sched_kthread_stop" and about:
            self._thread(about, event.get("comm")).stop_s = event.time_s

    def _thread(self, pid: int, name: str) -> Thread:
        thread = self._now.get(pid)
        if thread is None:
            thread = self._now[pid] = Thread(pid, name)
            self.found.append(thread)
        return thread

    def _suites(self, event: TraceEvent, thread: Thread) -> None:
        """It is one that a suite asked for."""
        request = self._requests.get(event.get("id"))
        if request is not None:
            thread.name = request.get("name") or thread.name
            thread.kind, thread.suite = request.get("kind"), request.get("suite")
            thread.asked = signed(request.get("node"))
        if event.event == "orch_placed":
            thread.name = event.get("name") or thread.name
            thread.asked = signed(event.get("asked"))
            task, stack, cpu, node = (
                signed(event.get(key)) for key in ("task_node", "stack_node", "cpu", "cpu_node")
            )
            thread.landed = task, stack, cpu, node

    @staticmethod
    def _work(thread: Thread, event: TraceEvent) -> None:
        if event.event == _START:
            thread.works.append((event.time_s, None))
        elif event.event == _END and thread.works and thread.works[-1][1] is None:
            thread.works[-1] = (thread.works[-1][0], event.time_s)


def _time(event: TraceEvent) -> float:
    return event.time_s


def _number(text: str) -> int:
    return int(text) if _PID.fullmatch(text) else 0


def signed(text: str) -> int:
    """-1 for what is missing or no number."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1
