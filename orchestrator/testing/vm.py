# SPDX-License-Identifier: GPL-2.0-only
"""A guest for one test: commands, modules, its log, its trace, its threads."""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from orchestrator.model.job import RunResult
from orchestrator.model.topology import GuestNode, Topology
from orchestrator.testing.events import Event, exactly_one, the_one, typed
from orchestrator.testing.machine import Machine
from orchestrator.testing.proc import NODES, THREADS, read_nodes, read_threads
from orchestrator.testing.told import CommandFailed, Done, Kthread

TIMEOUT_S = 60.0
TRACING = "/sys/kernel/tracing"
_PARAMETER = re.compile(r"[A-Za-z_]\w*")


class Vm:
    """All of its commands run in the guest, as root. A command that is not heard of in time ends
    the machine, and raises GuestGone, as does a guest that crashes."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._modules: dict[str, Path] = {}  # place in the guest → which is there

    @property
    def topology(self) -> Topology:
        """What was asked for; the guest's own view of it was checked against it."""
        return self._machine.topology

    @property
    def release(self) -> str:
        """As uname -r."""
        return self._machine.release

    @property
    def run_dir(self) -> Path:
        """Of the run; it stays if the machine is not green."""
        return self._machine.run_dir

    def run(
        self, command: str | Sequence[str], *, check: bool = True, timeout_s: float = TIMEOUT_S
    ) -> Done:
        """A line for the guest's shell, or a program and its arguments, without input.

        CommandFailed if it ends otherwise than with 0, unless check is False.
        """
        __tracebackhide__ = True
        line = command if isinstance(command, str) else shlex.join(command)
        done = self._machine.talk.run(line, timeout_s)
        if check and done.status:
            raise CommandFailed(done)
        return done

    def read(self, path: str) -> str:
        """A file of the guest, /proc and /sys included."""
        __tracebackhide__ = True
        return self.run(["cat", path]).stdout

    def write(self, path: str, text: str) -> None:
        """One write to a file of the guest, such as /sys/module/NAME/parameters/X."""
        __tracebackhide__ = True
        self.run(f"printf %s {shlex.quote(text)} > {shlex.quote(path)}")

    def put(self, what: Path | bytes, path: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """A file of the host, or bytes, into the guest. Its mode goes along."""
        __tracebackhide__ = True
        data = what if isinstance(what, bytes) else what.read_bytes()
        done = self._machine.talk.put(data, path, timeout_s)
        if done.status:
            raise CommandFailed(done)
        if isinstance(what, Path) and what.stat().st_mode & 0o111:
            self.run(["chmod", "755", path])

    def insmod(self, module: Path, *, timeout_s: float = TIMEOUT_S, **parameters: object) -> str:
        """Load a module that was built for this kernel (fixture kmod); its name in /sys/module.

        CommandFailed with what the kernel said if it does not load.
        """
        __tracebackhide__ = True
        for name in parameters:
            if not _PARAMETER.fullmatch(name):
                raise ValueError(f"{name} is no name of a parameter")
        place = f"/tmp/modules/{module.name}"
        if self._modules.get(place) != module:
            self.put(module, place, timeout_s=timeout_s)
            self._modules[place] = module
        given = [f"{name}={_value(value)}" for name, value in parameters.items()]
        self.run(["insmod", place, *given], timeout_s=timeout_s)
        return module.stem.replace("-", "_")

    def rmmod(self, name: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Unload it."""
        __tracebackhide__ = True
        self.run(["rmmod", name], timeout_s=timeout_s)

    def dmesg(self) -> str:
        """The kernel's log so far, a message a line, without times."""
        __tracebackhide__ = True
        from orchestrator.parse.prefix import split_prefix

        said = self.run("dmesg -r").stdout.splitlines()
        return "\n".join(split_prefix(line)[1] for line in said)

    def trace_on(self, *events: str) -> None:
        """Trace these (system:event, or system:* for all of one), from now on and from nothing."""
        __tracebackhide__ = True
        self.run(f"echo 0 > {TRACING}/tracing_on; echo > {TRACING}/trace")
        self.run(f"echo > {TRACING}/set_event")
        for event in events:
            asked = f"echo {shlex.quote(event)} >> {TRACING}/set_event"
            if said := self.run(asked, check=False).stderr:
                raise ValueError(f"this kernel cannot trace {event}: {said.strip()}")
        self.run(f"echo 1 > {TRACING}/tracing_on")

    def trace(self, event: str = "*") -> tuple[Event, ...]:
        """What was traced so far, in order; event: a shell pattern on its name."""
        __tracebackhide__ = True
        from orchestrator.parse.ftrace import parse_ftrace

        trace = parse_ftrace(self.read(f"{TRACING}/trace").splitlines())
        if trace.lost:
            raise AssertionError(f"the ring buffer overwrote {trace.lost} events")
        found = (one for one in trace.events if fnmatch.fnmatchcase(one.event, event))
        return tuple(map(typed, found))

    def event(self, event: str, **fields: object) -> Event:
        """The only one that was traced with this name and these values of its fields; patterns,
        where they are text. AssertionError with what was traced instead."""
        __tracebackhide__ = True
        return the_one(self.trace(), event, fields)

    def kthreads(self, pattern: str = "*") -> tuple[Kthread, ...]:
        """Kernel threads whose name this shell pattern matches, by pid."""
        __tracebackhide__ = True
        said = self._machine.talk.run(THREADS, TIMEOUT_S, "the list of threads").stdout
        found = read_threads(said, self.topology)
        return tuple(one for one in found if fnmatch.fnmatchcase(one.name, pattern))

    def kthread(self, pattern: str) -> Kthread:
        """The only kernel thread of such a name. AssertionError with those there are."""
        __tracebackhide__ = True
        every = self.kthreads()
        found = [one for one in every if fnmatch.fnmatchcase(one.name, pattern)]
        if len(found) != 1:
            names = (f"{one.name} (pid {one.pid}, node {one.node})" for one in reversed(every))
            shown = [f"{one.name} (pid {one.pid}, node {one.node})" for one in found]
            raise AssertionError(exactly_one(f"kernel threads {pattern}", shown, names))
        return found[0]

    def nodes(self) -> tuple[GuestNode, ...]:
        """Nodes as the guest's kernel has them, by id: id, cpus, mem_kib, distances."""
        __tracebackhide__ = True
        return read_nodes(self.run(NODES).stdout)

    def end(self) -> RunResult:
        """Power it off now, and judge it: NotGreen if it is not. Else the end of the test does."""
        __tracebackhide__ = True
        self._machine.finish(keep=False)
        assert self._machine.result
        return self._machine.result

    def expect(self, title: str) -> None:
        """The kernel is to report something whose title this shell pattern matches: then that
        is no failure, and a test in which it does not is one."""
        self._machine.expected.append(title)


def _value(value: object) -> str:
    """As module parameters are written."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(PurePosixPath(value)) if isinstance(value, Path) else str(value)
