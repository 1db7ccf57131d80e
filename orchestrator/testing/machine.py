# SPDX-License-Identifier: GPL-2.0-only
"""A machine beside a test: booted in a thread of its own, and judged when the test has ended."""

from __future__ import annotations

import contextlib
import fnmatch
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.model import rundir as names
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import RunResult
from orchestrator.model.progress import ProgressEvent
from orchestrator.model.session import COMMAND_CHECK, Session, Talk
from orchestrator.model.topology import Topology
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.testing.slots import Slots
from orchestrator.testing.talk import CommandTalk
from orchestrator.testing.told import GuestGone, NotGreen
from orchestrator.workflow.boot import RUN_MIB, blank, failed, save
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.boot_ready import boot_ready
from orchestrator.workflow.clock import Clock

PREFIX = "test-"
BEGINS = "orchestrate: the test begins"
BOOT_S = 600.0  # until the guest listens; what is slow, deadlines of the boot end before
END_S = 120.0  # for its last words and the verdict
_WHOSE = {
    Fault.KERNEL: "the kernel's fault",
    Fault.TEST: "the test's fault",
    Fault.OURS: "not the kernel's fault",
}
EVIDENCE = 12  # lines of each finding
SHOWN = 3  # findings


def _silent(_event: ProgressEvent) -> None:
    """A test's machine tells nothing on its way."""


@dataclass
class Machine:
    """start(), then talk, then finish(). expected: shell patterns of titles of findings that are
    to come. waits: for its slot."""

    job: BootJob
    ready: Ready
    slots: Slots
    expected: list[str] = field(default_factory=list)
    waits: bool = True
    talk: CommandTalk = field(
        default_factory=lambda: CommandTalk(first=f'echo "<6>{BEGINS}" > /dev/kmsg')
    )
    result: RunResult | None = None
    finished: bool = False
    _thread: threading.Thread | None = None
    _slot: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def topology(self) -> Topology:
        return self.job.topology

    @property
    def release(self) -> str:
        return self.ready.kernel.release

    def start(self, name: str) -> None:
        """Until the guest listens. GuestGone if it never does: finish() says why."""
        self._slot.enter_context(self.slots.one(self.topology.most_mem_mib, self.waits))
        session = Session(Talk.STREAM)
        self.run_dir = rundir.create(self.job.run_dir, PREFIX)
        rundir.need_room(self.run_dir, RUN_MIB, "a run")
        job = replace(self.job, session=session, talker=self.talk, stop=self.talk.stop)
        self.job = replace(job, command=("pytest", name))
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        if not self.talk.listening.wait(BOOT_S):
            self.talk.kill()
        if not self._thread.is_alive() or self.talk.stop.is_set():
            raise GuestGone("the guest never answered")

    def _work(self) -> None:
        clock = Clock(_silent)
        result = blank(self.job, self.run_dir)
        try:
            result = boot_ready(self.job, self.ready, clock, result)
        except OrchestrateError as error:
            result = failed(result, error)
        finally:
            self.result = replace(result, stages=tuple(clock.stages), notes=tuple(clock.notes))
            self.talk.gone()

    def kill(self) -> None:
        """At the latest now it ends; no verdict is asked for any more."""
        if self._thread is not None and self._thread.is_alive():
            self.talk.kill()
            self._thread.join(END_S)
        self._slot.close()

    def log(self) -> list[str]:
        """The kernel's messages since the test began, as far as they came."""
        try:
            lines = (self.run_dir / names.DMESG).read_text(errors="replace").splitlines()
        except OSError:
            return []
        began = [number for number, line in enumerate(lines) if line.endswith(BEGINS)]
        return lines[began[0] + 1 :] if began else lines

    def finish(self, keep: bool) -> None:
        """The guest powers off, and is judged. NotGreen if it is not proven green, but for what
        was expected. keep: its directory stays also if it is. Nothing the second time."""
        __tracebackhide__ = True
        if self.finished:
            return
        self.finished = True
        self.talk.end()
        assert self._thread is not None
        self._thread.join(END_S)
        if self._thread.is_alive():
            self.talk.kill()
            self._thread.join()
        self._slot.close()
        assert self.result is not None
        save(self.result)
        problem = trouble(self.result, self.expected)
        if problem:
            raise NotGreen(problem)
        if not keep and not self.job.run_dir:
            rundir.discard(self.run_dir)


def trouble(result: RunResult, expected: Sequence[str]) -> str:
    """Why the machine is not green, in lines; "" if it is. A command that failed is the test's
    matter, but of a guest that did not end well nothing that was expected makes up for it."""
    found = [one for one in result.findings if one.check != COMMAND_CHECK]
    missing = [
        title for title in expected if not any(fnmatch.fnmatchcase(f.title, title) for f in found)
    ]
    other = [f for f in found if not any(fnmatch.fnmatchcase(f.title, each) for each in expected)]
    if not other and not missing and result.verdict is Verdict.INCOMPLETE:
        return f"incomplete: the guest is not proven to have ended well\nrun: {result.run_dir}"
    lines = [f"expected, and never seen: {title}" for title in missing]
    for finding in other[:SHOWN]:
        lines += _told(finding)
    if len(other) > SHOWN:
        lines.append(f"and {len(other) - SHOWN} more findings")
    if lines:
        lines.append(f"run: {result.run_dir}    (orchestrate why {result.run_dir.name})")
    return "\n".join(lines)


def _told(finding: Finding) -> list[str]:
    lines = [f"{finding.verdict.value}, {_WHOSE[finding.fault]}: {finding.title}"]
    lines += [f"  {line.text}" for line in finding.evidence[:EVIDENCE]]
    return lines + ([f"  {finding.hint}"] if finding.hint else [])
