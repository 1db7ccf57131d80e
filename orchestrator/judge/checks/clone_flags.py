# SPDX-License-Identifier: GPL-2.0-only
"""kthreadd must create its threads with the flags it always had.

kernel_thread() in kernel/fork.c (6.1 to 7.3) adds CLONE_VM | CLONE_UNTRACED to the
CLONE_FS | CLONE_FILES of create_kthread() in kernel/kthread.c; the exit signal is kept apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import MAX_LINES, Case, traced
from orchestrator.model.verdict import Fault, Finding, Verdict

KTHREADD = 2  # its pid (rest_init() in init/main.c)
# include/uapi/linux/sched.h
CLONE_FLAGS = {
    "CLONE_VM": 0x100,
    "CLONE_FS": 0x200,
    "CLONE_FILES": 0x400,
    "CLONE_UNTRACED": 0x800000,
}
EXPECTED = sum(CLONE_FLAGS.values())


def check_clone_flags(case: Case) -> Iterator[Finding]:
    wrong: dict[int, list[int]] = {}
    events = case.evidence.trace.events
    for index, event in enumerate(events):
        if event.event == "task_newtask" and event.pid == KTHREADD:
            flags = _hex(event.get("clone_flags"))
            if flags != EXPECTED:
                wrong.setdefault(flags, []).append(index)
    for flags, places in wrong.items():
        title = f"kthreads are created with clone flags {flags:#x} ({_named(flags)})"
        evidence = tuple(traced(events[place]) for place in places[:MAX_LINES])
        yield Finding("clone-flags", Verdict.FAIL, Fault.KERNEL, title, evidence)


def _hex(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return -1


def _named(flags: int) -> str:
    if flags < 0:
        return "unreadable"
    lost = [name for name, bit in CLONE_FLAGS.items() if not flags & bit]
    extra = flags & ~EXPECTED
    words = [f"without {', '.join(lost)}"] if lost else []
    words += [f"with {extra:#x} added"] if extra else []
    return "; ".join(words)
