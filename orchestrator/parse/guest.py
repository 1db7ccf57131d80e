# SPDX-License-Identifier: GPL-2.0-only
"""The line protocol init speaks on the results channel (a virtio-serial port).

    ready
    begin <nonce> <uptime_s> <kernel release>
    speed <percent> <percent> <seconds>
    node <id> cpus <list such as 0-1,3, or -> mem_kib <n> distances <comma list>
    access <node> initiators <comma list, or -> read_latency <ns> write_latency <ns>
        read_bandwidth <MiB/s> write_bandwidth <MiB/s>       (one line)
    side-cache <node> level <n> size <bytes> line_size <n> indexing <n> write_policy <n>
    hmat <the firmware's table, base64>
    plug <number> <uptime_s>
    plugged <number> <uptime_s> <seen, lost or down>
    suite-begin <name> <uptime_s>
    suite-end <name> <uptime_s> <insmod exit status>
    module-begin <name>
    module-end <name> <insmod exit status>
    unload-begin <name>
    unload-end <name> <rmmod exit status>
    trace-lost <n>
    leaks <bytes of kmemleak's list>
    coverage <bytes of the gcov archive>
    alive <uptime_s>
    test-begin <target:test> <uptime_s>
    test-end <target:test> <uptime_s> <exit status of its runner>
    session-end <nonce> <uptime_s> <exit status of the user's command>
    error <free text>
    note <free text>
    end <nonce> <uptime_s>

speed: of the reference's time for a known piece of work, at best and as a rule, and the
least of the guest's own stall limits. node: of the machine as it boots, and after "plugged" as it
is then (rootfs/plug.sh). Fields are separated by one space. The nonce is this run's:
a report of another run, or a guess by whatever runs in the guest, begins and ends nothing. Before
"begin" only "ready" (for the job, not there if the machine was forked from a kept state), "error"
and "note" have a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from orchestrator.model.evidence import GuestReport, ModuleRun, SuiteRun
from orchestrator.model.topology import GuestNode
from orchestrator.parse.guest_machine import MachineReader

_UPTIME = r"(\d{1,9}(?:\.\d{1,9})?)"
_BEGIN = re.compile(rf"(\S+) {_UPTIME} (\S+)")
_END = re.compile(rf"(\S+) {_UPTIME}")
_ALIVE = re.compile(_UPTIME)
_SESSION_END = re.compile(rf"(\S+) {_UPTIME} (\d{{1,3}})")
_SUITE_BEGIN = re.compile(rf"(\S+) {_UPTIME}")
_SUITE_END = re.compile(rf"(\S+) {_UPTIME} (\d{{1,3}})")
_WORD = re.compile(r"\S+")
_MODULE_END = re.compile(r"(\S+) (\d{1,3})")
_NODE = re.compile(
    r"(\d{1,4}) cpus (-|[\d,-]+) mem_kib (\d{1,15}) distances (\d{1,5}(?:,\d{1,5})*)"
)
_COUNT = re.compile(r"(\d{1,15})")
_SPEED = re.compile(r"\d{1,6} \d{1,6} \d{1,6}")
_CPU_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_MAX_CPUS = 8192  # NR_CPUS_RANGE_END on x86-64


def parse_guest_report(text: str, nonce: str) -> GuestReport:
    """What the guest reported, as far as it got. Raises nothing, whatever the text.

    A last line without its newline was cut while being written and is not used.
    """
    reader = _Reader(nonce)
    lines = text.split("\n")
    lines.pop()  # "" after a newline, or a line that was cut
    for line in lines:
        reader.feed(line.removesuffix("\r"))
    return reader.report()


class _Reader:
    """Feeds on lines, ends in a report."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._begun = False
        self._ended = False
        self._release = ""
        self._machine = MachineReader()
        self._suites: list[SuiteRun] = []
        self._selftests: list[SuiteRun] = []
        self._modules: dict[str, ModuleRun] = {}
        self._trace_lost = 0
        self._bytes: dict[str, int] = {}
        self._status: int | None = None
        self._complaints: list[str] = []
        self._words: dict[str, Callable[[str], bool]] = {
            "ready": lambda rest: not (self._begun or rest),
            "begin": self._begin,
            "node": self._node,
            **self._machine.words,
            "speed": lambda rest: self._begun and _SPEED.fullmatch(rest) is not None,
            "suite-begin": lambda rest: self._suite_begin(rest, self._suites),
            "suite-end": lambda rest: self._suite_end(rest, self._suites),
            "test-begin": lambda rest: self._suite_begin(rest, self._selftests),
            "test-end": lambda rest: self._suite_end(rest, self._selftests),
            "module-begin": self._module_begin,
            "module-end": lambda rest: self._module_end(rest, loading=True),
            "unload-begin": lambda rest: rest in self._modules,
            "unload-end": lambda rest: self._module_end(rest, loading=False),
            "trace-lost": self._lost,
            "leaks": lambda rest: self._sent("leaks", rest),
            "coverage": lambda rest: self._sent("coverage", rest),
            "alive": lambda rest: _ALIVE.fullmatch(rest) is not None,
            "session-end": self._session_end,
            "error": self._error,
            "note": lambda _rest: True,
            "end": self._end,
        }

    def feed(self, line: str) -> None:
        if self._ended:
            self._complaints.append(f"line after end: {line}")
            return
        word, _, rest = line.partition(" ")
        if not self._begun and word not in ("ready", "begin", "error", "note"):
            self._complaints.append(f"line before begin: {line}")
            return
        handle = self._words.get(word)
        if handle is None or not handle(rest):
            self._complaints.append(f"not understood: {line}")

    def report(self) -> GuestReport:
        return GuestReport(
            begun=self._begun,
            ended=self._ended,
            kernel_release=self._release,
            nodes=self._machine.at_boot,
            hmat=self._machine.hmat,
            plugs=self._machine.plugs,
            suites=tuple(self._suites),
            modules=tuple(self._modules.values()),
            trace_lost=self._trace_lost,
            complaints=tuple(self._complaints),
            leaks_bytes=self._bytes.get("leaks"),
            coverage_bytes=self._bytes.get("coverage"),
            session_status=self._status,
            selftests=tuple(self._selftests),
        )

    def _begin(self, rest: str) -> bool:
        match = _BEGIN.fullmatch(rest)
        if match is None or match[1] != self._nonce or self._begun:
            return False
        self._begun = True
        self._release = match[3]
        return True

    def _end(self, rest: str) -> bool:
        match = _END.fullmatch(rest)
        self._ended = match is not None and match[1] == self._nonce and self._begun
        return self._ended

    def _node(self, rest: str) -> bool:
        match = _NODE.fullmatch(rest)
        cpus = _cpu_list(match[2]) if match else None
        if match is None or cpus is None:
            return False
        distances = tuple(int(part) for part in match[4].split(","))
        self._machine.node(GuestNode(int(match[1]), cpus, int(match[3]), distances))
        return True

    def _suite_begin(self, rest: str, runs: list[SuiteRun]) -> bool:
        match = _SUITE_BEGIN.fullmatch(rest)
        if match is None:
            return False
        runs.append(SuiteRun(match[1], None, float(match[2]), None))
        return True

    def _suite_end(self, rest: str, runs: list[SuiteRun]) -> bool:
        match = _SUITE_END.fullmatch(rest)
        if match is None or not runs:
            return False
        last = runs[-1]
        if last.name != match[1] or last.end_s is not None:
            return False
        runs[-1] = SuiteRun(last.name, int(match[3]), last.start_s, float(match[2]))
        return True

    def _module_begin(self, rest: str) -> bool:
        if not _WORD.fullmatch(rest) or rest in self._modules:
            return False
        self._modules[rest] = ModuleRun(rest)
        return True

    def _module_end(self, rest: str, *, loading: bool) -> bool:
        match = _MODULE_END.fullmatch(rest)
        run = self._modules.get(match[1]) if match else None
        if match is None or run is None:
            return False
        name, done, status = run.name, run.insmod_status, int(match[2])
        if loading and done is None:
            self._modules[name] = ModuleRun(name, status)
            return True
        if loading or done != 0 or run.rmmod_status is not None:
            return False
        self._modules[name] = ModuleRun(name, done, status)
        return True

    def _session_end(self, rest: str) -> bool:
        match = _SESSION_END.fullmatch(rest)
        if match is None or match[1] != self._nonce or self._status is not None:
            return False
        self._status = int(match[3])
        return True

    def _lost(self, rest: str) -> bool:
        match = _COUNT.fullmatch(rest)
        self._trace_lost += int(match[1]) if match else 0
        return match is not None

    def _sent(self, what: str, rest: str) -> bool:
        match = _COUNT.fullmatch(rest)
        if match is None or what in self._bytes:
            return False
        self._bytes[what] = int(match[1])
        return True

    def _error(self, rest: str) -> bool:
        self._complaints.append(rest)
        return True


def _cpu_list(text: str) -> tuple[int, ...] | None:
    """CPU ids of a sysfs list ("0-1,3"); "-" is none; None if it is no such list."""
    if text == "-":
        return ()
    cpus: set[int] = set()
    for part in text.split(","):
        match = _CPU_RANGE.fullmatch(part)
        if match is None:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < _MAX_CPUS:
            return None
        cpus.update(range(first, last + 1))
    return tuple(sorted(cpus))
