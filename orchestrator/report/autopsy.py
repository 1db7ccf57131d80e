# SPDX-License-Identifier: GPL-2.0-only
"""What was seen in a guest that hung or crashed → a page of it, or all. Lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.model.autopsy import Autopsy, CpuSeen, NodeSeen, TaskSeen, WorkerSeen
from orchestrator.report.clean import clean

PAGE_LINES = 25
_CPUS, _BLOCKED, _WORKERS, _NODES, _NOTES = 4, 3, 2, 8, 2
_STACKS = 2  # of CPUs
_WIDTH = 90  # of a stack or a note; all of it is with the whole

# What a stack that ended in a reboot begins with: the way down, not what led there.
_DOWN = {"panic", "vpanic", "emergency_restart", "kernel_restart"}
# What every sleeping task's stack begins with: how it came to sleep, not why.
_SLEEPING = ("__switch_to", "__schedule", "schedule", "__wait_for_common", "__mutex_lock")


def page(seen: Autopsy) -> tuple[str, ...]:
    """PAGE_LINES at most: where the CPUs were, who is blocked on what, workers with works."""
    lines = [*_busy_cpus(seen.cpus), *_blocked(seen.tasks), *_workers(seen.workers)]
    last = [*_memory(seen.nodes), *_nmi(seen.nmi), *_not_known(seen.notes)]
    return tuple(clean(line) for line in (*lines[: PAGE_LINES - len(last)], *last))


def whole(seen: Autopsy) -> tuple[str, ...]:
    """All of it: every CPU, the stacks of all tasks, every worker, every node."""
    lines = ["CPUs"]
    for cpu in seen.cpus:
        lines += [f"  {_cpu(cpu)}", *(f"      {frame}" for frame in cpu.stack)]
    lines += ["", f"tasks: {len(seen.tasks)}"]
    for task in sorted(seen.tasks, key=lambda one: (one.state != "D", not one.running)):
        lines += [f"  {_task(task)}", *(f"      {frame}" for frame in task.stack)]
    lines += ["", "kthread workers"]
    for worker in seen.workers:
        lines += [f"  {_worker(worker)}"]
        lines += [f"      queued {work}" for work in worker.queued]
        lines += [f"      delayed {work}" for work in worker.delayed]
    lines += ["", "memory, MiB"]
    lines += [f"  node {one.node}: {_mib(one)}" for one in seen.nodes]
    lines += ["", *_nmi(seen.nmi), *(f"not known: {note}" for note in seen.notes)]
    lines += [f"memory image: {seen.dump}"] if seen.dump else []
    return tuple(clean(line) for line in lines)


def _busy_cpus(cpus: Sequence[CpuSeen]) -> Iterator[str]:
    """Those that did not idle, the ones with interrupts off first."""
    idle = [cpu for cpu in cpus if cpu.halted == cpu.samples]
    busy = [cpu for cpu in cpus if cpu.halted < cpu.samples]
    busy.sort(key=lambda cpu: -cpu.irqs_off)
    for number, cpu in enumerate(busy[:_CPUS]):
        yield _cpu(cpu)
        if number < _STACKS and cpu.stack:
            yield f"    {_short(cpu.stack)}"
    if len(busy) > _CPUS:
        yield f"... and {len(busy) - _CPUS} more busy CPUs"
    if idle:
        yield f"idle: {_some([str(cpu.cpu) for cpu in idle], 16)} of {len(cpus)} CPUs"


def _cpu(cpu: CpuSeen) -> str:
    where = ", ".join(f"{place} ({count} of {cpu.samples})" for place, count in cpu.places[:3])
    off = f"interrupts off in {cpu.irqs_off} of {cpu.samples}" if cpu.irqs_off else ""
    halted = "halted" if cpu.halted == cpu.samples else ""
    return "; ".join(filter(None, (f"CPU {cpu.cpu}: {where}", cpu.task, off, halted)))


def _blocked(tasks: Sequence[TaskSeen]) -> Iterator[str]:
    """Those that wait for a lock first: they name who is in the way."""
    blocked = sorted((task for task in tasks if task.state == "D"), key=lambda task: not task.lock)
    for task in blocked[:_BLOCKED]:
        yield _task(task)
        yield f"    {_short(task.stack)}"
    if len(blocked) > _BLOCKED:
        yield f"... and {len(blocked) - _BLOCKED} more blocked tasks"
    owners = {task.owner for task in blocked[:_BLOCKED] if task.owner}
    others = [task for task in tasks if task not in blocked[:_BLOCKED]]
    for task in [task for task in others if f"{task.comm} {task.pid}" in owners][:1]:
        yield f"{_task(task)}, which has the lock"
        yield f"    {_short(task.stack)}"


def _task(task: TaskSeen) -> str:
    words = f"{task.comm} {task.pid}: {task.state}, CPU {task.cpu}"
    waits = f", waits for {task.lock}" if task.lock else ""
    owner = f", held by {task.owner}" if task.owner else ""
    return f"{words}{waits}{owner}"


def _workers(workers: Sequence[WorkerSeen]) -> Iterator[str]:
    busy = [one for one in workers if one.current or one.queued]
    for worker in busy[:_WORKERS]:
        yield _worker(worker)
    if len(busy) > _WORKERS:
        yield f"... and {len(busy) - _WORKERS} more busy workers"


def _worker(worker: WorkerSeen) -> str:
    now = f"runs {worker.current}" if worker.current else "runs nothing"
    queued = f"{len(worker.queued)} queued"
    behind = f" ({_some(worker.queued, 3)})" if worker.queued else ""
    delayed = f", {len(worker.delayed)} delayed" if worker.delayed else ""
    return f"worker {worker.comm} {worker.pid}: {now}, {queued}{behind}{delayed}"


def _memory(nodes: Sequence[NodeSeen]) -> Iterator[str]:
    if nodes:
        shown = [f"node {one.node} {_mib(one)}" for one in nodes]
        yield f"free MiB: {_some(shown, _NODES)}"


def _not_known(notes: Sequence[str]) -> Iterator[str]:
    for note in notes[:_NOTES]:
        yield f"not known: {note}"[:_WIDTH]
    if len(notes) > _NOTES:
        yield f"... and {len(notes) - _NOTES} more of that sort"


def _mib(node: NodeSeen) -> str:
    return f"{node.free_kib >> 10} of {node.managed_kib >> 10}"


def _nmi(nmi: str) -> Iterator[str]:
    if nmi == "answered":
        yield "to an NMI it answered; what it said is in nmi.log"
    elif nmi:
        yield "to an NMI it did not answer"


def _short(stack: Sequence[str]) -> str:
    """Functions only, from where the task came to sleep or the kernel began to go down, as many
    as go on a line."""
    down = [n for n, frame in enumerate(stack) if frame.partition("+")[0] in _DOWN]
    frames = list(stack[down[-1] :] if down else stack)
    while len(frames) > 1 and frames[0].startswith(_SLEEPING):
        frames.pop(0)
    shown = ""
    for number, frame in enumerate(frames):
        name = frame.partition("+")[0] + _module(frame)
        longer = f"{shown} < {name}" if shown else name
        if shown and len(longer) > _WIDTH:
            return f"{shown[:_WIDTH]} < ... {len(frames) - number} more"
        shown = longer
    return shown[:_WIDTH]


def _module(frame: str) -> str:
    _, bracket, module = frame.partition(" [")
    return f"{bracket}{module}"


def _some(words: Sequence[str], most: int) -> str:
    more = f", ... {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
