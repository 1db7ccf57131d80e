# SPDX-License-Identifier: GPL-2.0-only
"""What was seen in a guest that hung or crashed, from outside, before it went.

None of it judges: a verdict is the same with and without it.
"""

from __future__ import annotations

from msgspec import Struct


class Look(Struct, frozen=True):
    """What QMP told. samples: texts of HMP's `info registers -a`, some 50 ms apart.

    nmi: whether the guest printed anything after an NMI ("answered", "silent"); "" if it was
    given none. notes: what could not be had, and why. took_s: host wall clock.
    """

    samples: tuple[str, ...] = ()
    nmi: str = ""
    notes: tuple[str, ...] = ()
    took_s: float = 0.0


class TaskSeen(Struct, frozen=True):
    """A task. state: a letter as ps shows it. cpu: it runs there, or ran last. stack: innermost
    first, as the kernel prints frames.

    lock: what it waits for, where the kernel tells: a symbol or an address; "" if nothing is
    known. owner: "comm pid" of the task that has it; "" if nobody, or not known.
    """

    pid: int
    comm: str
    state: str
    cpu: int
    running: bool = False
    stack: tuple[str, ...] = ()
    lock: str = ""
    owner: str = ""


class CpuSeen(Struct, frozen=True):
    """A vCPU over all samples. places: (where, in how many samples), most frequent first.

    irqs_off, halted: in how many samples. task: "comm pid" from the memory, "" if not known.
    """

    cpu: int
    samples: int
    irqs_off: int
    halted: int
    places: tuple[tuple[str, int], ...]
    task: str = ""
    stack: tuple[str, ...] = ()


class WorkerSeen(Struct, frozen=True):
    """A kthread_worker (include/linux/kthread.h). current, queued, delayed: the works' functions;
    current "" if it runs none."""

    pid: int
    comm: str
    current: str = ""
    queued: tuple[str, ...] = ()
    delayed: tuple[str, ...] = ()


class NodeSeen(Struct, frozen=True):
    """Memory of a node, KiB: free, and what the page allocator has in all."""

    node: int
    free_kib: int
    managed_kib: int


class Autopsy(Struct, frozen=True):
    """All that was found. nmi, notes: as in Look, with the notes of who read the memory.

    dump: name of the memory image in the run directory, if it was to be kept.
    """

    cpus: tuple[CpuSeen, ...] = ()
    tasks: tuple[TaskSeen, ...] = ()
    workers: tuple[WorkerSeen, ...] = ()
    nodes: tuple[NodeSeen, ...] = ()
    nmi: str = ""
    notes: tuple[str, ...] = ()
    dump: str = ""


class MemoryFacts(Struct, frozen=True):
    """What the reader of the memory told. names: address → place in code."""

    names: dict[int, str]
    tasks: tuple[TaskSeen, ...] = ()
    workers: tuple[WorkerSeen, ...] = ()
    nodes: tuple[NodeSeen, ...] = ()
    notes: tuple[str, ...] = ()
