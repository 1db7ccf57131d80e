# SPDX-License-Identifier: GPL-2.0-only
"""Run directories to make pages of: as large as asked, the same each time, green or cut short.

The channels are what a guest would send; the verdict comes from the product's own judge.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.model import rundir as names
from orchestrator.model.evidence import Ending, VmOutcome
from orchestrator.model.host_time import HostTime
from orchestrator.model.job import Accelerator, Plan, RunResult, StageTime
from orchestrator.model.topology import Node, Topology
from orchestrator.model.verdict import Verdict
from orchestrator.report.document import document, to_json
from orchestrator.workflow.rejudge import rejudge

NONCE = "0123456789abcdef"
STARTED = "2026-11-23T12:00:00+00:00"
WARNING = (
    "WARNING: kernel/kthread.c:12 at bind_it+0x10/0x20, CPU#0: orch/70",
    "RIP: 0010:bind_it+0x10/0x20",
    "Call Trace:",
    " kthread+0x20/0x30",
    "---[ end trace 0000000000000000 ]---",
)


class Made(Struct, frozen=True):
    """What a run is like. cases of one suite, each with a thread and `works` works of it on each
    node in turn. name: of all that may be named. warned: the kernel warned."""

    nodes: int = 4
    cases: int = 8
    works: int = 3
    name: str = ""
    failed: int = -1  # which case, if any
    warned: bool = False
    ended: bool = True  # the guest came to its end
    coverage: bool = False
    keys: tuple[tuple[str, str], ...] = ()


def write_run(folder: Path, made: Made) -> Path:
    """The directory, with run.json as it was judged."""
    folder.mkdir(parents=True, exist_ok=True)
    trace, end_s = _trace(made)
    files = {
        names.CONSOLE: "".join(
            f"[{time:12.6f}][    T1] {text}\n" for time, text in _log(made, end_s)
        ),
        names.KMSG: _kmsg(made, end_s),
        names.TRACE: trace,
        names.RESULTS: _results(made, end_s),
        names.PLAN: to_json(plan := _plan(made)),
        names.VM: to_json(_outcome(made, end_s)),
        names.BUILD_LOG: "CC kernel/kthread.o\n",
    }
    if made.coverage:
        counts = {"kernel/kthread.c": {"3": 5, "4": 0, "5": 0, "7": 9, "12": 0}}
        files[names.LINES] = to_json(counts)
        files[names.COVERAGE] = "x" * 100
    for name, text in files.items():
        rundir.write(folder, name, text)
    result = RunResult(
        Verdict.INCOMPLETE, (), folder, ("orchestrate", "boot", f"--config=numa{made.name}"),
        STARTED, tree_origin=f"debian:linux{made.name}", kernel_release=f"7.3.4{made.name}",
        config=f"numa{made.name}", patches=(f"fix{made.name}",) * bool(made.name), plan=plan,
        accelerator=Accelerator("tcg", "max", f"no KVM{made.name}"),
        stages=(StageTime("source", 0.1, True), StageTime("build", 12.0), StageTime("boot", 3.0)),
        notes=(f"a note{made.name}",) * bool(made.name), keys=made.keys,
    )  # fmt: skip
    first = replace(document(result), outcome=_outcome(made, end_s))
    rundir.write(folder, names.RUN, to_json(first))
    judged, _ = rejudge(folder)
    rundir.write(folder, names.RUN, to_json(document(judged)))
    return folder


def _plan(made: Made) -> Plan:
    nodes = tuple(Node(number, (number,), 128) for number in range(made.nodes))
    topology = Topology(f"numa{made.nodes}{made.name}", f"equal{made.name}", nodes)
    return Plan(NONCE, ("orch_made",), topology, numa=True, strict_affinity=True,
                coverage=made.coverage)  # fmt: skip


def _outcome(made: Made, end_s: float) -> VmOutcome:
    ending = Ending.POWER_OFF if made.ended else Ending.DEADLINE
    return VmOutcome(ending, 0, end_s + 0.3, 2.0, detail=made.name, host=HostTime(uptime_s=0.1))


def _results(made: Made, end_s: float) -> str:
    ids = range(made.nodes)
    lines = [f"begin {NONCE} 1.93 7.3.4"]
    lines += [
        f"node {one} cpus {one} mem_kib 120000 distances "
        + ",".join("10" if one == other else "20" for other in ids)
        for one in ids
    ]
    lines += ["speed 95 95 10", "suite-begin orch_made 2.00"]
    if made.ended:
        lines += [f"suite-end orch_made {end_s:.2f} 0", "trace-lost 0"]
        lines += ["coverage 100"] * made.coverage + [f"end {NONCE} {end_s + 0.1:.2f}"]
    return "".join(f"{line}\n" for line in lines)


def _log(made: Made, end_s: float) -> list[tuple[float, str]]:
    boot = ["Linux version 7.3.4", *(f"boot message {n}{made.name}" for n in range(40))]
    lines = [(number * 0.03, text) for number, text in enumerate(boot)]
    lines.append((1.4, "Run /init as init process"))
    ktap = ["KTAP version 1", "1..1", "    KTAP version 1", "    # Subtest: orch_made",
            f"    1..{made.cases}"]  # fmt: skip
    for case in range(made.cases):
        if case == made.failed:
            ktap.append(f"    # case_{case}: EXPECTATION FAILED at orch_made_test.c:7{made.name}")
        word = "not ok" if case == made.failed else "ok"
        ktap.append(f"    {word} {case + 1} case_{case}")
    ktap.append("ok 1 orch_made" if made.failed < 0 else "not ok 1 orch_made")
    if not made.ended:
        ktap = ktap[:-2]
    lines += [(2.0 + (end_s - 2.0) * n / len(ktap), text) for n, text in enumerate(ktap)]
    lines += [(end_s, text) for text in WARNING] if made.warned else []
    return lines


def _kmsg(made: Made, end_s: float) -> str:
    lines = _log(made, end_s)
    if made.ended:
        lines.append((end_s + 0.05, f"orchestrate: end of log {NONCE}"))
    return "".join(
        f"{4 if text in WARNING else 6},{number},{round(time * 1e6)},-,caller=T1;{_escaped(text)}\n"
        for number, (time, text) in enumerate(lines)
    )


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() and c.isascii() else
                   "".join(f"\\x{b:02x}" for b in c.encode()) for c in text)  # fmt: skip


def _trace(made: Made) -> tuple[str, float]:
    """(the text, when the last event was)."""
    lines: list[str] = []
    now = 2.0

    def say(task: str, pid: int, cpu: int, event: str) -> None:
        nonlocal now
        now += 0.0005
        lines.append(f"{task[:16]:>16}-{pid:<7} [{cpu:03d}] ..... {now:12.6f}: {event}\n")

    suffix = "".join(made.name.split())
    for case in range(made.cases):
        node, pid = case % made.nodes, 1000 + 2 * case
        where = f"suite=orch_made case=case_{case} param=- pid={pid}"
        name = f"orch_t{case}{suffix}"
        say("kthreadd", 2, 0, f"task_newtask: pid={pid} comm=kunit_try_catch clone_flags=800700 "
                              "oom_score_adj=0")  # fmt: skip
        say("kunit_try_catch", pid, 0, f"orch_case: {where}")
        say("kunit_try_catch", pid, 0, f"orch_request: id={case} suite=orch_made kind=worker "
                                       f"node={node} cpu=-1 name={name}")  # fmt: skip
        say("kthreadd", 2, 0, f"task_newtask: pid={pid + 1} comm={name[:15]} clone_flags=800700 "
                              "oom_score_adj=0")  # fmt: skip
        say("kunit_try_catch", pid, 0, f"orch_created: id={case} pid={pid + 1} err=0")
        place = f"asked={node} cpu={node} cpu_node={node}"
        say(name, pid + 1, node, f"orch_placed: id={case} pid={pid + 1} kind=worker {place} "
                                 f"task_node={node} stack_node={node} name={name}")  # fmt: skip
        for work in range(made.works):
            say(name, pid + 1, node, f"sched_kthread_work_execute_start: work struct {work:x}: "
                                     "function f")  # fmt: skip
            say(name, pid + 1, node, f"orch_work: id={case} pid={pid + 1} {place}")
            say(name, pid + 1, node, f"sched_kthread_work_execute_end: work struct {work:x}: "
                                     "function f")  # fmt: skip
        say("kunit_try_catch", pid, 0, f"sched_kthread_stop: comm={name[:15]} pid={pid + 1}")
        if made.ended or case < made.cases - 1:
            say("kunit_try_catch", pid, 0, f"orch_case_end: {where}")
    ending = f"# orchestrate: end of trace {NONCE}\n" if made.ended else ""
    return "# tracer: nop\n#\n" + "".join(lines) + ending, now
