# SPDX-License-Identifier: GPL-2.0-only
"""Tasks, locks, kthread workers and free memory, out of a guest's memory.

Every list may be damaged, and so is walked to an end. Facts are Linux 6.1's to 7.3's.
"""

from __future__ import annotations

from collections.abc import Iterator

from drgn import FaultError, Object, cast
from drgn.helpers.linux.kthread import task_is_kthread, to_kthread
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.locking import mutex_owner

from orchestrator.edge.autopsy.memory import Memory
from orchestrator.model.autopsy import NodeSeen, TaskSeen, WorkerSeen

MOST_TASKS = 4000
MOST_FRAMES = 40
MOST_WORKS = 100
MOST_NODES = 1024  # MAX_NUMNODES of x86
PAGE_KIB = 4

# Bits of task_struct.__state and exit_state (include/linux/sched.h, since 5.14), and a letter
# for each (task_state_array[] in fs/proc/array.c). TASK_NOLOAD beside D is I.
_STATES = ((0x1, "S"), (0x2, "D"), (0x4, "T"), (0x8, "t"), (0x10, "X"), (0x20, "Z"), (0x40, "P"))
_NOLOAD = 0x400

# What the kernel begins to run in, and so where a stack ends (arch/x86/entry, head_64.S;
# arch/arm64/kernel/entry.S, head.S).
_FIRST = (
    "ret_from_fork", "entry_", "asm_", "secondary_startup_64", "common_startup_64",
    "el0t_64_", "__primary_switched", "__secondary_switched",
)  # fmt: skip
_USER_END = 1 << 56  # with page tables of five levels


def each_task(memory: Memory) -> Iterator[Object]:
    """Every task but the idle ones; stops where the list does not go on."""
    seen: set[int] = set()
    head = memory.prog["init_task"].tasks.address_of_()
    for leader in list_for_each_entry("struct task_struct", head, "tasks"):
        threads = leader.signal.thread_head.address_of_()
        for task in list_for_each_entry("struct task_struct", threads, "thread_node"):
            if task.value_() in seen or len(seen) >= MOST_TASKS:
                raise ValueError("the list of tasks does not end")
            seen.add(task.value_())
            yield task


def task_seen(memory: Memory, task: Object) -> TaskSeen:
    """All that is shown of a task."""
    lock, owner = _blocked_on(memory, task)
    return TaskSeen(
        pid=task.pid.value_(),
        comm=_text(task.comm),
        state=_state(task),
        cpu=task.thread_info.cpu.value_(),
        running=bool(task.on_cpu),
        stack=tuple(_stack(memory, task)),
        lock=lock,
        owner=owner,
    )


def _text(array: Object) -> str:
    return bytes(array.string_()).decode(errors="replace")


def _state(task: Object) -> str:
    bits = task.member_("__state").value_() | task.exit_state.value_()
    letter = next((letter for bit, letter in _STATES if bits & bit), "R")
    return "I" if letter == "D" and bits & _NOLOAD else letter


def _stack(memory: Memory, task: Object) -> Iterator[str]:
    """By frame pointers, which our kernels have; drgn does it where there is no debug info."""
    try:
        trace = memory.prog.stack_trace(task)
    except (FaultError, LookupError, ValueError) as error:
        yield f"no stack: {error}"
        return
    last = ""
    for number, frame in enumerate(trace):
        if number >= MOST_FRAMES:
            yield "..."
            return
        if not frame.pc or frame.pc < _USER_END:  # a kthread's last one, or user space
            return
        last = memory.code(frame.pc, call=not frame.interrupted)
        yield last
    if not last.startswith(_FIRST):
        yield "... not read to its end"


def _blocked_on(memory: Memory, task: Object) -> tuple[str, str]:
    """The mutex a task waits for (task_struct.blocked_on, since 6.17) and who has it."""
    try:
        lock = task.blocked_on
        if lock.type_.type_name() != "struct mutex *" or not lock:
            return "", ""
        owner = mutex_owner(lock)
        name = f"mutex {memory.data(lock.value_())}"
        return name, f"{_text(owner.comm)} {owner.pid.value_()}" if owner else ""
    except (AttributeError, FaultError):
        return "", ""


def worker_seen(memory: Memory, task: Object) -> WorkerSeen | None:
    """The kthread_worker whose thread this is; None if it is another one."""
    if not task_is_kthread(task):
        return None
    kthread = to_kthread(task)
    if not kthread or kthread.threadfn.value_() != memory.addresses.get("kthread_worker_fn"):
        return None
    worker = cast("struct kthread_worker *", kthread.data)
    if not worker or worker.task != task:
        return None
    current = worker.current_work
    return WorkerSeen(
        pid=task.pid.value_(),
        comm=_text(task.comm),
        current=memory.data(current.func.value_()) if current else "",
        queued=tuple(_works(memory, worker.work_list)),
        delayed=tuple(_works(memory, worker.delayed_work_list)),
    )


def _works(memory: Memory, head: Object) -> Iterator[str]:
    works = list_for_each_entry("struct kthread_work", head.address_of_(), "node")
    for number, work in enumerate(works):
        if number >= MOST_WORKS:
            yield "..."
            return
        yield memory.data(work.func.value_())


def nodes_seen(memory: Memory) -> Iterator[NodeSeen]:
    """Free pages as the zones count them; what a CPU has yet to add is left out."""
    prog = memory.prog
    free = prog.constant("NR_FREE_PAGES").value_()
    for node in _nodes(memory):
        zones = [node.node_zones[number] for number in range(node.nr_zones.value_())]
        yield NodeSeen(
            node=node.node_id.value_(),
            free_kib=PAGE_KIB * sum(zone.vm_stat[free].counter.value_() for zone in zones),
            managed_kib=PAGE_KIB * sum(zone.managed_pages.counter.value_() for zone in zones),
        )


def _nodes(memory: Memory) -> Iterator[Object]:
    """node_data[] with CONFIG_NUMA, else contig_page_data (include/linux/mmzone.h)."""
    prog, addresses = memory.prog, memory.addresses
    if "node_data" in addresses:
        table = Object(prog, f"struct pglist_data *[{MOST_NODES}]", address=addresses["node_data"])
        for number in range(MOST_NODES):
            node = table[number]
            if not node or node.node_id != number:  # the table ends before 1024
                return
            yield node
    elif "contig_page_data" in addresses:
        yield Object(prog, "struct pglist_data", address=addresses["contig_page_data"])
