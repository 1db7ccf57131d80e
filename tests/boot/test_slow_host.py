# SPDX-License-Identifier: GPL-2.0-only
"""A host that gives QEMU hardly any time, by signals: never the kernel's fault, and never green
where the kernel hangs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from running import COMMAND, RED_SUITES, Done, qemu_children

ON_S, OFF_S = 0.01, 0.09  # ten times slower
STOP_S = 5.0  # the limits of the guest are 2 s with --timeout 6


def slowed(run_dir: Path, slow: Callable[[int, Path], None], *args: str) -> Done:
    """A run; slow(pid of QEMU, results) is called over and over while it lives."""
    command = [*COMMAND, "boot", "--config", "numa", "--run-dir", str(run_dir), *args]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while run.poll() is None:
        for pid in qemu_children(run.pid):
            with suppress(ProcessLookupError):
                slow(pid, run_dir / "results.log")
        time.sleep(0.002)
    out, _ = run.communicate()
    return Done(run.returncode, out, "", run_dir, json.loads((run_dir / "run.json").read_text()))


def ten_times(pid: int, _results: Path) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(OFF_S)
    os.kill(pid, signal.SIGCONT)
    time.sleep(ON_S)


class Once:
    """Stopped once, while the first suite runs."""

    def __init__(self) -> None:
        self.done = False

    def __call__(self, pid: int, results: Path) -> None:
        if not self.done and results.is_file() and "suite-begin" in results.read_text():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STOP_S)
            os.kill(pid, signal.SIGCONT)
            self.done = True


def test_ten_times_slower_is_green_or_the_hosts_fault(green: Done, tmp_path: Path) -> None:
    done = slowed(tmp_path, ten_times, "--suite", "create")
    assert done.verdict in ("pass", "infrastructure"), done.explain()
    host = done.run["outcome"]["host"]
    assert host["stopped_s"] > 0.6 * done.run["outcome"]["wall_s"]


def test_a_stop_in_the_middle_is_green_or_the_hosts_fault(green: Done, tmp_path: Path) -> None:
    done = slowed(tmp_path, Once(), "--suite", "create", "--suite", "stop", "--timeout", "6")
    assert done.verdict in ("pass", "infrastructure"), done.explain()
    host = done.run["outcome"]["host"]
    assert host["stopped_s"] > 0.9 * STOP_S and host["starved"], done.explain()
    assert "\nhost: " in done.stdout, done.explain()


def test_a_hang_on_a_slow_host_is_never_green(green: Done, tmp_path: Path) -> None:
    red = ("--kmod", str(RED_SUITES), "--suite", "orch_red_spin", "--timeout", "2")
    done = slowed(tmp_path, ten_times, *red)
    assert done.verdict in ("hang", "infrastructure"), done.explain()
    assert done.returncode in (1, 3)
