# SPDX-License-Identifier: GPL-2.0-only
"""What the host lets a machine have: samples of /proc while it runs.

A QEMU that is stopped is in state T. One that waits for a CPU says so in schedstat
(Documentation/scheduler/sched-stats.rst: nanoseconds on a CPU, nanoseconds ready and waiting).
If we were not called for long, nobody ran here: we ask every few milliseconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from pathlib import Path
from typing import NamedTuple

from orchestrator.model.host_time import HostTime
from orchestrator.plan.deadlines import bounded
from orchestrator.plan.host_time import Sample, starved

STEP_S = 0.25  # between two samples
GAP_S = 0.3  # without a call from who watches: it asks every 0.02 s
# For a digest of _WORK, on the machine class the project was measured on while it did nothing else.
REFERENCE_S = 0.0012
_WORK = bytes(1 << 20)


def host_factor() -> float:
    """How much slower than the reference this host is now; 1.0 at least. Takes 3 ms.

    The best of three: what other processes take from the machine is told from the machine.
    """
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        hashlib.blake2b(_WORK).digest()
        times.append(time.perf_counter() - begin)
    return bounded(min(times) / REFERENCE_S)


def clock() -> float:
    """Seconds, those included in which the host was suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class _Thread(NamedTuple):
    ready: bool
    ran_s: float
    waited_s: float


class _Cpus(NamedTuple):
    """All CPUs together: ticks in which they worked, and in which a hypervisor had them; and
    microseconds in which some process waited for one."""

    worked: int = 0
    stolen: int = 0
    pressure_us: int = 0


class HostWatch:
    """One QEMU process, seen from outside: look() every few milliseconds.

    start: clock() when it was started. looked: at the last look. factor: host_factor() then.
    """

    def __init__(self, pid: int, start: float) -> None:
        self._proc = Path(f"/proc/{pid}")
        self._start = self.looked = self._sampled = start
        self._stopped = False
        self._suites: list[str] = []
        self._stops_s = 0.0  # stopped, since the last sample
        self._threads = self._read_threads()
        self._first = self._cpus = _read_cpus()
        self._stopped_s = self._waited_s = 0.0
        self._samples = [Sample(0.0, 0.0)]
        self.factor = host_factor()

    def turn_to(self, pid: int) -> None:
        """Another process from now on: QEMU itself, once its sandbox has started it."""
        self._proc = Path(f"/proc/{pid}")
        self._threads = self._read_threads()

    @property
    def lost_s(self) -> float:
        """Of the time until now, what the machine wanted and did not get."""
        return self._samples[-1].lost_s

    def look(self, now: float, suite: str) -> None:
        """now: clock(). suite: what runs in the guest, as far as it has said; "" if none does."""
        if suite and suite not in self._suites:
            self._suites.append(suite)
        stopped, since_s = self._is_stopped(), now - self.looked
        self._stops_s += since_s * (stopped + self._stopped) / 2
        self._stopped, self.looked = stopped, now
        if now - self._sampled >= STEP_S:
            self._sample(now, gap_s=since_s if since_s > GAP_S else 0.0)

    def result(self, limit_s: float) -> HostTime:
        """Of all the time watched. limit_s: the least of the guest's own stall limits."""
        took_us = max(1.0, (self.looked - self._start) * 1e6)
        return HostTime(
            factor=round(self.factor, 2),
            pressure=round(
                min(1.0, (self._cpus.pressure_us - self._first.pressure_us) / took_us), 3
            ),
            steal=round(_steal(self._first, self._cpus), 3),
            stopped_s=round(self._stopped_s, 3),
            waited_s=round(self._waited_s, 3),
            limit_s=limit_s,
            starved=starved(self._samples, limit_s),
        )

    def _sample(self, now: float, gap_s: float) -> None:
        took_s = now - self._sampled
        threads, cpus = self._read_threads(), _read_cpus()
        ran_s, waited_s = 0.0, 0.0
        for number, thread in threads.items():
            before = self._threads.get(number, _Thread(False, 0.0, 0.0))
            ran = thread.ran_s - before.ran_s
            ran_s = max(ran_s, ran)
            # What is waiting still is counted by the kernel only once it gets a CPU.
            waits = thread.ready and before.ready and not ran
            waited_s = max(waited_s, took_s if waits else thread.waited_s - before.waited_s)
        stopped_s = min(took_s, max(self._stops_s, gap_s - ran_s - waited_s))
        waited_s = min(waited_s, took_s - stopped_s)
        rest_s = max(0.0, took_s - stopped_s - waited_s)
        lost_s = stopped_s + waited_s + rest_s * _steal(self._cpus, cpus)
        suites = tuple(self._suites)
        self._suites.clear()
        self._samples.append(Sample(now - self._start, self.lost_s + lost_s, suites))
        self._stopped_s += stopped_s
        self._waited_s += waited_s
        self._threads, self._cpus = threads, cpus
        self._sampled, self._stops_s = now, 0.0

    def _is_stopped(self) -> bool:
        return _state(self._proc / "stat") in ("T", "t")

    def _read_threads(self) -> dict[str, _Thread]:
        found: dict[str, _Thread] = {}
        with contextlib.suppress(OSError, ValueError):  # QEMU may be gone, threads as well
            for task in (self._proc / "task").iterdir():
                ran, waited, _ = (task / "schedstat").read_text().split()
                ready = _state(task / "stat") == "R"
                found[task.name] = _Thread(ready, int(ran) / 1e9, int(waited) / 1e9)
        return found


def _state(stat: Path) -> str:
    """The letter behind the name (proc(5)), "" if the process is gone."""
    try:
        return stat.read_text().rpartition(") ")[2][:1]
    except OSError:
        return ""


def _read_cpus() -> _Cpus:
    """Zeros for what this kernel does not tell."""
    worked = stolen = pressure_us = 0
    with contextlib.suppress(OSError, ValueError, LookupError):
        # user nice system idle iowait irq softirq steal (proc(5))
        ticks = [
            int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        ]
        worked, stolen = sum(ticks[:3]) + sum(ticks[5:7]), ticks[7]
    with contextlib.suppress(OSError, ValueError):
        some = Path("/proc/pressure/cpu").read_text().split("\n", 1)[0]
        pressure_us = int(some.rpartition("total=")[2])
    return _Cpus(worked, stolen, pressure_us)


def _steal(before: _Cpus, after: _Cpus) -> float:
    stolen = after.stolen - before.stolen
    return stolen / max(1, stolen + after.worked - before.worked)
