# SPDX-License-Identifier: GPL-2.0-only
"""The page of what was seen in a guest that ended badly, and the whole of it."""

from __future__ import annotations

from msgspec.structs import replace
from sample_results import HOSTILE, run_result

from orchestrator.model.autopsy import Autopsy, CpuSeen, NodeSeen, TaskSeen, WorkerSeen
from orchestrator.model.verdict import Verdict
from orchestrator.report.autopsy import PAGE_LINES, page, whole
from orchestrator.report.document import document, read_document, to_json

SLEPT = ("__schedule+0x32a/0x850", "schedule+0x23/0x70")
WANTER = TaskSeen(
    69,
    "orch_wanter",
    "D",
    1,
    stack=(*SLEPT, "__mutex_lock.constprop.0+0x1/0x2", "want_the_lock+0x10/0x1e [red]"),
    lock="mutex red_mutex [red]",
    owner="orch_keeper 68",
)
KEEPER = TaskSeen(68, "orch_keeper", "S", 2, stack=(*SLEPT, "keep_the_lock+0x2/0x3 [red]"))
CALLER = TaskSeen(67, "caller", "D", 0, stack=(*SLEPT, "wait_for_completion+0x1f/0x30"))
SPIN = CpuSeen(
    3, 5, 5, 0, (("red+0x3/0x5 [spin]", 5),), "kunit 72", ("red+0x3/0x5 [spin]", "kthread+0x1/0x2")
)
IDLE = CpuSeen(0, 5, 0, 5, (("halt+0x1/0x2", 5),))
SEEN = Autopsy(
    cpus=(IDLE, replace(IDLE, cpu=1), SPIN),
    tasks=(CALLER, KEEPER, WANTER),
    workers=(
        WorkerSeen(69, "orch_wanter", "first [red]", ("second [red]", "third [red]"), ("later",)),
        WorkerSeen(3, "idle_worker"),
    ),
    nodes=(NodeSeen(0, 105 << 10, 114 << 10), NodeSeen(1, 0, 0)),
    nmi="silent",
    notes=("tasks: the list does not end",),
)


def test_the_page_names_culprits() -> None:
    lines = page(SEEN)
    assert lines == (
        "CPU 3: red+0x3/0x5 [spin] (5 of 5); kunit 72; interrupts off in 5 of 5",
        "    red [spin] < kthread",
        "idle: 0, 1 of 3 CPUs",
        "orch_wanter 69: D, CPU 1, waits for mutex red_mutex [red], held by orch_keeper 68",
        "    want_the_lock [red]",
        "caller 67: D, CPU 0",
        "    wait_for_completion",
        "orch_keeper 68: S, CPU 2, which has the lock",
        "    keep_the_lock [red]",
        "worker orch_wanter 69: runs first [red], 2 queued (second [red], third [red]), 1 delayed",
        "free MiB: node 0 105 of 114, node 1 0 of 0",
        "to an NMI it did not answer",
        "not known: tasks: the list does not end",
    )


def test_a_crash_is_shown_from_where_it_began() -> None:
    down = ("acpi_reset+0x4d/0x50", "emergency_restart+0x1/0x2", "vpanic+0x2/0x9", "panic+0x3/0x4")
    crashed = replace(SPIN, stack=(*down, "red+0x3/0x5 [boom]", "kthread+0x1/0x2"))
    assert page(Autopsy(cpus=(crashed,)))[1] == "    panic < red [boom] < kthread"


def test_the_whole_has_every_task_with_its_stack() -> None:
    text = "\n".join(whole(SEEN))
    for task in SEEN.tasks:
        assert all(frame in text for frame in task.stack), task
    assert "worker idle_worker 3: runs nothing, 0 queued" in text
    assert "queued third [red]" in text and "delayed later" in text


def test_a_page_stays_one() -> None:
    many = Autopsy(
        cpus=tuple(replace(SPIN, cpu=n) for n in range(64)),
        tasks=tuple(replace(WANTER, pid=n, stack=WANTER.stack * 20) for n in range(300)),
        workers=tuple(replace(SEEN.workers[0], pid=n, queued=("w",) * 99) for n in range(50)),
        nodes=tuple(NodeSeen(n, 1 << 10, 2 << 10) for n in range(64)),
        nmi="answered",
        notes=("x" * 300,) * 9,
    )
    lines = page(many)
    assert len(lines) <= PAGE_LINES
    assert max(map(len, lines)) <= 200
    text = "\n".join(lines)
    for said in ("60 more busy CPUs", "297 more blocked tasks", "48 more busy workers", "nmi.log"):
        assert said in text
    assert "56 more" in text, "nodes"
    assert text.count("not known: x") == 2 and "7 more of that sort" in text


def test_no_dump_says_so_and_nothing_else_of_tasks() -> None:
    lines = page(Autopsy(cpus=(IDLE,), notes=("no memory image: 3 MiB are free",)))
    assert lines == ("idle: 0 of 1 CPUs", "not known: no memory image: 3 MiB are free")
    assert page(Autopsy()) == ()


def test_what_a_guest_wrote_is_not_acted_upon() -> None:
    hostile = Autopsy(
        cpus=(replace(SPIN, task=HOSTILE),),
        tasks=(replace(WANTER, comm=HOSTILE, lock=HOSTILE, stack=(HOSTILE,)),),
        workers=(WorkerSeen(1, HOSTILE, HOSTILE, (HOSTILE,)),),
        notes=(HOSTILE,),
    )
    for lines in (page(hostile), whole(hostile)):
        assert not set("".join(lines)) & set("\x1b\x07\x9b\udcff\u202e\ufffe\n")


def test_run_json_has_the_page() -> None:
    result = replace(run_result(Verdict.HANG), autopsy=SEEN)
    written = document(result)
    assert written.autopsy == page(SEEN)
    assert read_document(to_json(written)) == written
    assert document(run_result(Verdict.HANG)).autopsy == ()
