# SPDX-License-Identifier: GPL-2.0-only
"""When a guest is flooding us, and when the disk is why nothing comes. Time: test_host_watch.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.edge import vm_watch
from orchestrator.edge.host_time import HostWatch
from orchestrator.edge.vm_watch import WHOLE_BYTES, Watch
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import silent
from orchestrator.plan.deadlines import Deadlines

NONCE = "cafe"


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    host = HostWatch(os.getpid(), 0.0)
    return Watch(tmp_path, NONCE, 4, 1, Deadlines(), silent, host, 0.0)


def say(watch: Watch, line: str) -> None:
    with (watch.run_dir / "results.log").open("a") as file:
        file.write(line + "\n")


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
