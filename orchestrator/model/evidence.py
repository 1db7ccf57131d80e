# SPDX-License-Identifier: GPL-2.0-only
"""What a boot left behind, parsed. Nothing in here judges."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct, field

from orchestrator.model import rundir
from orchestrator.model.guest_machine import GuestHmat, GuestPlug
from orchestrator.model.host_time import HostTime
from orchestrator.model.topology import GuestNode


class TestResult(enum.Enum):
    """One KTAP result. CRASHED: the test started and no result line followed."""

    __test__ = False  # not a pytest class

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CRASHED = "crashed"


class KtapTest(Struct, frozen=True):
    """A test or, with children, a suite. line: 1-based, of its result or else its start."""

    name: str
    result: TestResult
    line: int
    number: int | None = None  # as printed; None if there was no result line
    directive: str = ""  # text after "# SKIP", "# TODO", ...
    diagnostics: tuple[str, ...] = ()  # "# ..." lines and text that came before the result
    children: tuple[KtapTest, ...] = ()
    planned: int | None = None  # children the plan line announced; None: no plan seen

    def leaves(self) -> Iterator[KtapTest]:
        """Tests without children, depth first; a childless suite is its own leaf."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def counted(self) -> Iterator[KtapTest]:
        """What kunit_parser counts: the leaves, and a suite that failed though none in it did."""
        if not self.children:
            yield self
            return
        inner = [test for child in self.children for test in child.counted()]
        yield from inner
        bad = (TestResult.FAILED, TestResult.CRASHED)
        if self.result is TestResult.FAILED and not any(test.result in bad for test in inner):
            yield self


class KtapCounts(Struct, frozen=True):
    """As the kernel's kunit_parser counts (KtapTest.counted); errors: broken KTAP structure."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    crashed: int = 0
    errors: int = 0


class Ktap(Struct, frozen=True):
    """Every top-level test or suite found in a log, and what was wrong with the stream."""

    tests: tuple[KtapTest, ...] = ()
    errors: tuple[str, ...] = ()  # e.g. "suite create: 4 tests planned, 3 seen"

    @property
    def counts(self) -> KtapCounts:
        tally = dict.fromkeys(TestResult, 0)
        for test in self.tests:
            for counted in test.counted():
                tally[counted.result] += 1
        return KtapCounts(
            passed=tally[TestResult.PASSED],
            failed=tally[TestResult.FAILED],
            skipped=tally[TestResult.SKIPPED],
            crashed=tally[TestResult.CRASHED],
            errors=len(self.errors),
        )


class Splat(Struct, frozen=True):
    """One report in a kernel log: a BUG, WARNING, Oops, sanitizer or stall report.

    kind: a row of the rule table (parse/splat_rules.py). title: stable across runs, no
    addresses, pids or times. function: the guilty one, "" if the report names none.
    line: 1-based first line. fatal: the kernel panicked from it. signature: the same for the
    same crash in other runs and builds (parse/signature.py); signature_text: in words.
    cause: of a follow-up, the index of the report it comes from (parse/splats.py).
    """

    kind: str
    title: str
    line: int
    function: str = ""
    lines: tuple[str, ...] = ()
    fatal: bool = False
    signature: str = ""
    signature_text: str = ""
    cause: int | None = None


class LogRecord(Struct, frozen=True):
    """One /dev/kmsg record (Documentation/ABI/testing/dev-kmsg)."""

    sequence: int
    level: int  # 0 emerg .. 7 debug
    time_us: int
    text: str
    caller: str = ""  # "T123" task or "C0" CPU, with CONFIG_PRINTK_CALLER


class KernelLog(Struct, frozen=True):
    """The guest's log ring; lost: records missing between sequence numbers."""

    records: tuple[LogRecord, ...] = ()
    lost: int = 0


class TraceEvent(NamedTuple):
    """One ftrace event. fields: as printed, in order; values are text. What is not key=value
    is a field "text", a stack one "stack" for each frame.

    A tuple, since traces have millions of them and a dataclass takes three times as long.
    """

    time_s: float  # an int: ticks of a clock without seconds; nan: none printed
    cpu: int  # -1: not printed
    task: str
    pid: int  # -1: not printed
    event: str  # "" for an entry without a name
    fields: tuple[tuple[str, str], ...] = ()
    line: int = 0  # 1-based, in the trace file
    system: str = ""  # only where it is printed

    def get(self, name: str, default: str = "") -> str:
        """The first field of that name."""
        return next((value for key, value in self.fields if key == name), default)


class Trace(Struct, frozen=True):
    """Events in file order. lost: events the ring buffer overwrote. unparsed: odd lines.
    ended: init's last word on the trace channel is there, so nothing was cut off."""

    events: tuple[TraceEvent, ...] = ()
    lost: int = 0
    unparsed: int = 0
    ended: bool = False


class Placement(Struct, frozen=True):
    """One thread the module created: node asked (-1: none) and where it landed."""

    suite: str
    thread: str
    asked: int
    task_node: int
    stack_node: int
    cpu: int
    cpu_node: int


class SuiteRun(Struct, frozen=True):
    """One suite's module in the guest: load status and the guest's uptime around it."""

    name: str
    insmod_status: int | None  # exit code of insmod; None: it never came back
    start_s: float
    end_s: float | None


class ModuleRun(Struct, frozen=True):
    """A module of the user's in the guest: exit codes of insmod and rmmod; None: it never came
    back, or never was called."""

    name: str
    insmod_status: int | None = None
    rmmod_status: int | None = None


class Leak(Struct, frozen=True):
    """Memory that was lost: one object nothing points to (kmemleak), or objects of one case that
    nobody freed (the module's account). size: bytes of one; jiffies: when it was allocated.

    comm, pid: of the task that allocated it. backtrace: functions, innermost first. line:
    1-based, in file. suite, case: in whose window that task belongs, "" if not known.
    frames: the backtrace as printed, with offsets and, once looked up, file and line.
    """

    size: int
    comm: str
    pid: int
    jiffies: int
    backtrace: tuple[str, ...]
    line: int
    suite: str = ""
    case: str = ""
    frames: tuple[str, ...] = ()
    count: int = 1
    file: str = rundir.LEAKS


class GuestReport(Struct, frozen=True):
    """What init wrote on the results channel.

    begun: the begin marker with this run's nonce was seen. ended: so was the end marker.
    complaints: lines that break the protocol or that init wrote as "error ...".
    """

    begun: bool = False
    ended: bool = False
    kernel_release: str = ""
    nodes: tuple[GuestNode, ...] = ()  # as the guest booted
    hmat: GuestHmat = field(default_factory=GuestHmat)
    plugs: tuple[GuestPlug, ...] = ()  # as they came and went
    suites: tuple[SuiteRun, ...] = ()
    modules: tuple[ModuleRun, ...] = ()
    trace_lost: int = 0
    complaints: tuple[str, ...] = ()
    leaks_bytes: int | None = None  # of kmemleak's list, as sent; None: not scanned
    coverage_bytes: int | None = None  # of the gcov archive; None: none was sent
    session_status: int | None = None  # with what the user's command ended; None: it did not
    selftests: tuple[SuiteRun, ...] = ()  # "TARGET:TEST" each; insmod_status: of its runner


class Ending(enum.Enum):
    """How the virtual machine ended, as QMP and the process table told it."""

    POWER_OFF = "power-off"  # SHUTDOWN, reason guest-shutdown
    RESET = "reset"  # reason guest-reset: a panic's reboot, or a triple fault
    PANIC = "panic"  # GUEST_PANICKED (pvpanic) before it went
    DEADLINE = "deadline"  # we stopped it: no progress within the deadline
    QEMU_DIED = "qemu-died"  # the process ended without a SHUTDOWN event
    INTERRUPTED = "interrupted"  # the user stopped us


class VmOutcome(Struct, frozen=True):
    """The end of one QEMU run. Times are host wall clock, seconds.

    speed_factor: how much slower than the reference the guest was, by its boot or by a known
    piece of work when its job began, whichever says more; it scales the deadlines after the boot.
    """

    ending: Ending
    exit_status: int | None  # of the QEMU process; negative: signal
    wall_s: float
    boot_s: float | None = None  # QEMU start to the guest's begin marker; None: never seen
    speed_factor: float = 1.0
    detail: str = ""  # which deadline, which signal, QEMU's last words
    qmp_events: tuple[str, ...] = ()
    forked: bool = False  # it went on from a kept state, booted earlier; boot_s is what that took
    host: HostTime = field(default_factory=HostTime)


class AtBoot(Struct, frozen=True):
    """What ran before init: so many of the first tests of the log, and the guest seconds each
    took, as far as the log has times."""

    count: int = 0
    seconds: tuple[float | None, ...] = ()


class Evidence(Struct, frozen=True):
    """All a verdict may rest on."""

    outcome: VmOutcome
    guest: GuestReport = field(default_factory=GuestReport)
    ktap: Ktap = field(default_factory=Ktap)
    at_boot: AtBoot = field(default_factory=AtBoot)
    splats: tuple[Splat, ...] = ()
    trace: Trace = field(default_factory=Trace)
    placements: tuple[Placement, ...] = ()
    leaks: tuple[Leak, ...] = ()
    leaks_cut: bool = False  # fewer bytes of kmemleak's list came than were sent
    log: KernelLog = field(default_factory=KernelLog)
    log_from: str = "console.log"  # the file line numbers of ktap and splats refer to
    ktap_from: str = ""  # that of ktap, if it is another one

    @property
    def results_in(self) -> str:
        """The file that line numbers of ktap refer to."""
        return self.ktap_from or self.log_from
