# SPDX-License-Identifier: GPL-2.0-only
"""Processes that get nothing of their host, in each of the ways there are; and a watch on one.

Times are told to the watch, so that it need not be waited for what stays as it is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.edge.host_time import HostWatch, clock, host_factor
from orchestrator.edge.vm_watch import Watch
from orchestrator.model import rundir
from orchestrator.model.progress import silent
from orchestrator.plan.deadlines import PATIENCE, Deadlines

BUSY = "while :; do :; done"
TICK_S = 0.02


def wait_for(pid: int, state: str) -> None:
    while Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != state:
        time.sleep(0.001)


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    wait_for(pid, "T")


class Started:
    """Processes, all ended at the end. Times are told, so that one must have begun to sleep."""

    def __init__(self) -> None:
        self.all: list[subprocess.Popen[bytes]] = []

    def __call__(self, *argv: str) -> int:
        self.all.append(subprocess.Popen(argv))
        if argv[0] == "sleep":
            wait_for(self.all[-1].pid, "S")
        return self.all[-1].pid


@pytest.fixture
def started() -> Iterator[Started]:
    processes = Started()
    yield processes
    for process in processes.all:
        process.kill()
        process.wait()


def look_on(watch: HostWatch, begin_s: float, for_s: float, suite: str = "") -> float:
    """Look every tick; when it is then."""
    ticks = round(for_s / TICK_S)
    for tick in range(1, ticks + 1):
        watch.look(begin_s + tick * TICK_S, suite)
    return begin_s + ticks * TICK_S


def test_one_that_sleeps_lacks_nothing(started: Started) -> None:
    watch = HostWatch(started("sleep", "60"), 100.0)
    look_on(watch, 100.0, 60)
    result = watch.result(10)
    assert result.starved == () and result.stopped_s == 0 and result.waited_s < 1
    assert result.factor >= 1 and 0 <= result.steal <= 1 and 0 <= result.pressure <= 1


def test_one_that_is_stopped_has_stood_still(started: Started) -> None:
    pid = started("sleep", "60")
    watch = HostWatch(pid, 100.0)
    now = look_on(watch, 100.0, 3, "a")
    stop(pid)
    now = look_on(watch, now, 12, "b")
    os.kill(pid, signal.SIGCONT)
    wait_for(pid, "S")
    look_on(watch, now, 9, "c")
    result = watch.result(10)
    (found,) = result.starved
    assert found.at_s == pytest.approx(3, abs=0.3) and found.length_s == pytest.approx(12, abs=0.5)
    assert "b" in found.suites and result.stopped_s == pytest.approx(12, abs=0.1)


def test_if_nobody_looked_nobody_ran(started: Started) -> None:
    """The whole host stood still, ourselves as well: the process has used no time since."""
    pid = started("sleep", "60")
    watch = HostWatch(pid, 100.0)
    now = look_on(watch, 100.0, 3, "a")
    watch.look(now + 40, "a")
    look_on(watch, now + 40, 1, "b")
    (found,) = watch.result(10).starved
    assert found.length_s == pytest.approx(40, abs=0.5) and found.suites == ("a", "b")


def test_one_that_others_do_not_let_run_is_starved(started: Started) -> None:
    """On one CPU with processes of a far higher priority. In real time."""
    one_cpu = ("taskset", "-c", str(min(os.sched_getaffinity(0))))
    for _ in range(2):
        started(*one_cpu, "sh", "-c", BUSY)
    pid = started(*one_cpu, "nice", "-n", "19", "sh", "-c", BUSY)
    time.sleep(0.3)
    watch = HostWatch(pid, clock())
    end = clock() + 2.0
    while clock() < end:
        watch.look(clock(), "a")
        time.sleep(TICK_S)
    result = watch.result(2)
    assert result.starved and result.waited_s > 1.4
    assert result.pressure > 0 or not Path("/proc/pressure/cpu").exists()


def test_a_process_that_is_gone_ends_nothing(started: Started) -> None:
    pid = started("true")
    started.all[-1].wait()
    watch = HostWatch(pid, 100.0)
    look_on(watch, 100.0, 2)
    assert watch.result(10).starved == ()


def test_the_hosts_own_speed_is_bounded() -> None:
    begin = time.perf_counter()
    assert 1.0 <= host_factor() <= 20.0
    assert time.perf_counter() - begin < 1


DEADLINES = Deadlines(step_s=10)
NONCE = "0123456789abcdef"


class Guest:
    """A watch on a process, and what it says in the place of a guest."""

    def __init__(self, run_dir: Path, pid: int) -> None:
        self.pid = pid
        self.results = run_dir / rundir.RESULTS
        self.now = 100.0
        host = HostWatch(pid, self.now)
        host.factor = 1.0
        self.watch = Watch(run_dir, NONCE, 4, 1, DEADLINES, silent, host, self.now)

    def say(self, line: str) -> None:
        with self.results.open("a") as file:
            file.write(f"{line}\n")
        self.watch.look(self.now)

    def until_stopped(self, most_s: float = 200) -> tuple[float, str]:
        """(after how long, why)"""
        begin = self.now
        while self.now < begin + most_s:
            self.now += 0.1
            why = self.watch.look(self.now)
            if why:
                return self.now - begin, why
        return most_s, ""


@pytest.fixture
def guest(tmp_path: Path, started: Started) -> Guest:
    """One whose job has begun."""
    guest = Guest(tmp_path, started("sleep", "60"))
    guest.say(f"begin {NONCE} 3.00 7.3.4")
    return guest


def test_a_silent_guest_is_stopped_at_its_deadline(guest: Guest) -> None:
    after_s, why = guest.until_stopped()
    assert after_s == pytest.approx(10, abs=0.3)
    assert why == "nothing heard for 10 s in phase suites"
    host = guest.watch.host_time()
    assert host.silent_s == pytest.approx(10, abs=0.3) and not host.cut_short


def test_a_guest_that_had_its_time_is_not_cut_short(guest: Guest) -> None:
    """The host took some in between, and gave it back."""
    stop(guest.pid)
    assert guest.until_stopped(15)[1] == ""
    os.kill(guest.pid, signal.SIGCONT)
    wait_for(guest.pid, "S")
    after_s, _ = guest.until_stopped()
    assert after_s == pytest.approx(10, abs=0.5)
    host = guest.watch.host_time()
    assert host.starved and not host.cut_short


def test_a_slow_guest_gets_more_time_by_what_it_measured(guest: Guest) -> None:
    guest.say("speed 300 700 30")
    assert (guest.watch.factor, guest.watch.limit_s) == (3.0, 30.0)
    assert guest.until_stopped()[0] == pytest.approx(30, abs=0.3)


@pytest.mark.parametrize(
    "words", ["60 60 10", "99999999 9 10", "9" * 5000 + " 1 1", "", "x y z", "-5 3 2", "300"]
)
def test_no_word_makes_the_deadline_shorter_or_endless(guest: Guest, words: str) -> None:
    guest.say(f"speed {words}")
    assert 1.0 <= guest.watch.factor <= 20.0


def test_time_the_host_took_is_no_silence_but_not_for_ever(guest: Guest) -> None:
    stop(guest.pid)
    after_s, why = guest.until_stopped()
    assert after_s == pytest.approx(10 * (1 + PATIENCE), abs=1)
    assert "of which the machine had" in why
    host = guest.watch.host_time()
    assert host.starved and host.starved[0].end_s > guest.now - 100 - 1
    assert host.cut_short


def test_the_guests_clock_is_known_from_its_first_word(guest: Guest) -> None:
    assert guest.watch.host_time().uptime_s == pytest.approx(3.0)
