# SPDX-License-Identifier: GPL-2.0-only
"""When a guest counts as hung, when it is flooding us, and when the host is why nothing comes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.edge import vm_watch
from orchestrator.edge.host_share import Share
from orchestrator.edge.vm_watch import WHOLE_BYTES, Watch
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import silent
from orchestrator.plan.deadlines import Deadlines

NONCE = "cafe"
DEADLINES = Deadlines(boot_s=10, boot_all_s=30, step_s=5, stop_s=5)


@pytest.fixture
def qemu() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is there and does nothing."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def watch(tmp_path: Path, qemu: subprocess.Popen[bytes]) -> Watch:
    return Watch(tmp_path, NONCE, 4, 1, DEADLINES, silent, start=0.0, share=Share(qemu.pid))


def say(watch: Watch, line: str) -> None:
    with (watch.run_dir / "results.log").open("a") as file:
        file.write(line + "\n")


def looks(watch: Watch, first_s: float, last_s: float, every_s: float = 0.5) -> str:
    """The first answer that is not "", looking again and again as the monitor does."""
    now = first_s
    while now <= last_s:
        if said := watch.look(now):
            return said
        now += every_s
    return ""


def test_silence_is_a_hang(watch: Watch) -> None:
    say(watch, f"begin {NONCE} 1.0 7.3.4")
    assert looks(watch, 0.5, 5.4) == ""
    assert looks(watch, 5.5, 8) == "nothing heard for 5 s in phase suites"


def test_a_word_is_no_silence(watch: Watch) -> None:
    say(watch, f"begin {NONCE} 1.0 7.3.4")
    assert looks(watch, 0.5, 4) == ""
    say(watch, "note still here")
    assert looks(watch, 4.5, 9) == ""


def test_time_in_which_we_did_not_run_is_no_silence(watch: Watch) -> None:
    say(watch, f"begin {NONCE} 1.0 7.3.4")
    assert watch.look(0.5) == ""
    assert watch.look(100.0) == "", "the host stood still"
    assert watch.stood_still_s == pytest.approx(98.5)
    assert looks(watch, 100.5, 110) == "nothing heard for 5 s in phase suites"


def test_a_stopped_qemu_is_the_hosts_fault(watch: Watch, qemu: subprocess.Popen[bytes]) -> None:
    say(watch, f"begin {NONCE} 1.0 7.3.4")
    assert watch.look(0.5) == ""
    os.kill(qemu.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, qemu.pid, os.WSTOPPED)
    with pytest.raises(InfrastructureError, match="QEMU was stopped for 6 s"):
        looks(watch, 1, 8)


def test_a_qemu_that_is_stopped_now_and_then_gets_the_time_back(
    watch: Watch, qemu: subprocess.Popen[bytes]
) -> None:
    say(watch, f"begin {NONCE} 1.0 7.3.4")
    for second in range(1, 20):
        os.kill(qemu.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, qemu.pid, os.WSTOPPED)
        assert watch.look(second - 0.2) == ""
        os.kill(qemu.pid, signal.SIGCONT)
        os.waitid(os.P_PID, qemu.pid, os.WCONTINUED)
        assert watch.look(second) == ""
    assert looks(watch, 20, 30).startswith("nothing heard")


class Starved(Share):
    """A process that has waited for a CPU nearly all the time."""

    waited: float = 0.0

    def waited_s(self) -> float:
        return self.waited


def test_a_qemu_that_gets_no_cpu_is_no_hang(watch: Watch) -> None:
    share = Starved(os.getpid())
    watch.share = share
    say(watch, f"begin {NONCE} 1.0 7.3.4")
    with pytest.raises(InfrastructureError, match=r"waited for a CPU 4\d of 5\d s"):
        for second in range(1, 100):
            object.__setattr__(share, "waited", second * 0.95)
            assert watch.look(float(second)) == ""


@pytest.mark.parametrize("channel", ["console", "trace", "results", "kmsg"])
def test_a_flood_is_stopped(watch: Watch, channel: str) -> None:
    file = watch.run_dir / f"{channel}.log"
    file.touch()
    os.truncate(file, WHOLE_BYTES)
    assert watch.look(0.1) == ""
    os.truncate(file, WHOLE_BYTES + 1)
    assert watch.look(0.2) == f"{channel} flooded: over 256 MiB"


def test_a_full_disk_is_the_hosts_fault(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = os.statvfs(watch.run_dir)
    free = disk.f_bavail * disk.f_frsize
    monkeypatch.setattr(vm_watch, "LEAST_FREE_BYTES", free // 2)
    assert watch.look(0.1) == ""
    monkeypatch.setattr(vm_watch, "LEAST_FREE_BYTES", free * 2)
    with pytest.raises(InfrastructureError, match="no room left in"):
        watch.look(0.2)


def test_files_that_are_gone_are_no_silence(watch: Watch) -> None:
    say(watch, f"begin {NONCE} 1.0 7.3.4")
    assert watch.look(0.1) == ""
    (watch.run_dir / "results.log").unlink()
    with pytest.raises(InfrastructureError, match=r"results\.log was removed"):
        watch.look(0.2)
    watch.run_dir.rmdir()
    with pytest.raises(InfrastructureError, match="removed"):
        watch.look(0.3)
