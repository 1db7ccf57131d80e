# SPDX-License-Identifier: GPL-2.0-only
"""What init is told: the files of /guest, the same for every run, and those of /job."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from msgspec import Struct

from orchestrator.model.job import OwnModule, Selftests, Suite
from orchestrator.model.session import DEBIAN, Session, Talk
from orchestrator.model.topology_parts import When

# Trace events switched on in the guest, group/name as in tracefs. Of the kernel: creation of
# tasks, and the life of kthreads and their works (include/trace/events/{task,sched}.h).
KERNEL_EVENTS = (
    "task/task_newtask",
    "sched/sched_kthread_stop",
    "sched/sched_kthread_work_queue_work",
    "sched/sched_kthread_work_execute_start",
    "sched/sched_kthread_work_execute_end",
)
SELFTESTS_SCRIPT = "/job/selftests/run.sh"
MODULE_EVENTS = ("orchestrate",)  # those the core module brings


class GuestJob(Struct, frozen=True):
    """nonce: ties the guest's words to this run. suites: in the order they shall run.

    timeout_ms: of each wait in a case; patience_ms: how long calls that wait are left waiting, to
    see whether they give up; seed: of what suites do at random.
    trace_every: suites after which the trace is sent; it is always sent at the end. epoch_s:
    the time it is, seconds since 1970; entropy: hexadecimal digits nobody else has.
    case: of the one suite, the case that runs alone; "": all.
    """

    nonce: str
    suites: tuple[Suite, ...]
    events: tuple[str, ...] = MODULE_EVENTS
    hung_task_s: int = 10
    timeout_ms: int = 30_000
    patience_ms: int = 300
    seed: int = 1
    trace_every: int = 1
    epoch_s: int = 0
    entropy: str = ""
    case: str = ""
    modules: tuple[OwnModule, ...] = ()  # of the user's: loaded before the suites
    plugs: tuple[str, ...] = ()  # plan.plugging.plug_lines()
    plug_s: int = 0  # how long init looks for a part that it asked for


def guest_files() -> dict[str, bytes]:
    """File name → content, for the part that is the same in every run."""
    return {"events": _lines(KERNEL_EVENTS)}


def job_files(job: GuestJob) -> dict[str, bytes]:
    """File name → content, each line ended."""
    # As the kernel takes it from sysfs, where the end of a line would be part of the name.
    alone = {"filter": f"{job.suites[0].name}.{job.case}".encode()} if job.case else {}
    return {
        **alone,
        **(_plugs(job) if job.plugs else {}),
        "nonce": f"{job.nonce}\n".encode(),
        "suites": "".join(f"{suite.name} {suite.module}\n" for suite in job.suites).encode(),
        "modules": _lines(tuple(" ".join((one.name, *one.params)) for one in job.modules)),
        "events": _lines(job.events),
        "hung_task_s": f"{job.hung_task_s}\n".encode(),
        "timeout_ms": f"{job.timeout_ms}\n".encode(),
        "patience_ms": f"{job.patience_ms}\n".encode(),
        "seed": f"{job.seed}\n".encode(),
        "trace_every": f"{job.trace_every}\n".encode(),
        "epoch_s": f"{job.epoch_s}\n".encode(),
        "entropy": f"{job.entropy}\n".encode(),
    }


def _plugs(job: GuestJob) -> dict[str, bytes]:
    asked = sum(line.split(" ")[1] == When.ASKED.value for line in job.plugs)
    return {
        "plugs": _lines(job.plugs),
        "plug_s": f"{job.plug_s}\n".encode(),
        "plugs_asked": f"{asked}\n".encode(),
    }


def session_files(session: Session, release: str, term: str) -> dict[str, bytes]:
    """File name → content of /job/session: what rootfs/steps/55-session.sh does. release: of the
    kernel, for the prompt; term: of the terminal, "" if there is none."""
    shell = ("/bin/bash", "-l") if session.rootfs == DEBIAN else ("/bin/sh", "-l")
    program: tuple[str, ...] = shell if session.talk is Talk.TERMINAL else ("/bin/sh", "-s")
    if session.talk is Talk.SELFTESTS:
        program = ("/bin/sh", SELFTESTS_SCRIPT)
    elif len(session.argv) == 1:
        program = ("/bin/sh", "-c", session.argv[0])
    elif session.argv:
        program = session.argv
    exports = {
        "HOME": "/root",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "TERM": term or "dumb",
        "PS1": f"{release}:\\w# ",
    }
    run = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    run += ["cd /root", f"exec {shlex.join(program)}"]
    words = {
        "talk": session.talk.value,
        "rootfs": session.rootfs,
        "ssh": "yes" if session.ssh else "",
    }
    return {name: f"{word}\n".encode() for name, word in words.items()} | {
        "run": _lines(tuple(run))
    }


def selftest_files(targets: Sequence[Selftests], script: bytes) -> dict[str, bytes]:
    """File name → content of /job/selftests: rootfs/selftests.sh, and what it runs."""
    rows = [f"{each.limit_s} {each.target} {test}" for each in targets for test in each.tests]
    return {"run.sh": script, "list": _lines(tuple(rows))}


def _lines(words: tuple[str, ...]) -> bytes:
    # An argument of the command line that is no UTF-8 is passed on as it is.
    return "".join(f"{word}\n" for word in words).encode(errors="surrogateescape")
