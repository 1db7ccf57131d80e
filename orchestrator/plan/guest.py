# SPDX-License-Identifier: GPL-2.0-only
"""What init is told: the files of /job."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.job import Suite

# Trace events switched on in the guest, group/name as in tracefs: ours, creation of tasks,
# and the life of kthreads and their works (include/trace/events/{task,sched}.h).
EVENTS = (
    "orchestrate",
    "task/task_newtask",
    "sched/sched_kthread_stop",
    "sched/sched_kthread_work_queue_work",
    "sched/sched_kthread_work_execute_start",
    "sched/sched_kthread_work_execute_end",
)


@dataclass(frozen=True)
class GuestJob:
    """nonce: ties the guest's words to this run. suites: in the order they shall run.

    timeout_ms: of each wait in a case; seed: of what suites do at random.
    trace_every: suites after which the trace is sent; it is always sent at the end.
    """

    nonce: str
    suites: tuple[Suite, ...]
    events: tuple[str, ...] = EVENTS
    hung_task_s: int = 10
    timeout_ms: int = 30_000
    seed: int = 1
    trace_every: int = 1


def job_files(job: GuestJob) -> dict[str, bytes]:
    """File name → content, each line ended."""
    return {
        "nonce": f"{job.nonce}\n".encode(),
        "suites": "".join(f"{suite.name} {suite.module}\n" for suite in job.suites).encode(),
        "events": "".join(f"{name}\n" for name in job.events).encode(),
        "hung_task_s": f"{job.hung_task_s}\n".encode(),
        "timeout_ms": f"{job.timeout_ms}\n".encode(),
        "seed": f"{job.seed}\n".encode(),
        "trace_every": f"{job.trace_every}\n".encode(),
    }
