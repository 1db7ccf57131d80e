# SPDX-License-Identifier: GPL-2.0-only
"""A guest that lies, floods or talks for ever, and one that does none of it."""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.edge import vm_watch
from orchestrator.edge.host_time import HostWatch
from orchestrator.edge.vm_watch import Watch
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import silent
from orchestrator.plan.deadlines import Deadlines
from orchestrator.plan.qemu import COVERAGE_PORT, LEAKS_PORT, PORTS

CHANNELS = (rundir.CONSOLE, *(file for _, _, file in (*PORTS, LEAKS_PORT, COVERAGE_PORT)))
DEADLINES = Deadlines(boot_s=10, boot_all_s=20, step_s=5, stop_s=3)


@pytest.fixture(scope="module")
def qemu() -> Iterator[int]:
    """A process that is there and wants nothing of its host."""
    process = subprocess.Popen(["sleep", "600"])
    yield process.pid
    process.kill()
    process.wait()


@pytest.fixture
def watched(tmp_path: Path, qemu: int) -> Watch:
    host = HostWatch(qemu, 0.0)
    host.factor = 1.0
    return Watch(
        tmp_path, "9f3c", 4, 2, DEADLINES, silent, host,
        start=0.0, known_factor=1.0, channels=CHANNELS,
    )  # fmt: skip


def looks(watched: Watch, first_s: float, last_s: float) -> str:
    """The first answer that is not "", looking again and again as the monitor does."""
    for tenths in range(round(first_s * 10), round(last_s * 10) + 1):
        if said := watched.look(tenths / 10):
            return said
    return ""


def say(folder: Path, text: str) -> None:
    with (folder / rundir.RESULTS).open("a") as file:
        file.write(text)


def test_a_guest_that_does_as_it_should(watched: Watch, tmp_path: Path) -> None:
    assert looks(watched, 0.1, 1) == ""
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    assert (looks(watched, 1.1, 2), watched.phase, watched.boot_s) == ("", "suites", 1.1)
    say(tmp_path, "suite-begin a 1.0\nsuite-end a 2.0 0\nend 9f3c 3.0\n")
    assert (looks(watched, 2.1, 5), watched.phase) == ("", "stop")
    assert looks(watched, 5.1, 6) == "nothing heard for 3 s in phase stop"


def test_suites_that_run_at_boot_have_their_time(watched: Watch, tmp_path: Path) -> None:
    watched.built_in, watched.known_factor = 3, 0.0
    console = tmp_path / rundir.CONSOLE
    for second in range(1, 34):  # 20 s for the boot, and 5 s a suite
        console.write_bytes(b"x" * second)
        assert watched.look(float(second)) == ""
    say(tmp_path, "begin 9f3c 33.0 7.3\n")
    assert (watched.look(34.0), watched.phase) == ("", "suites")
    assert watched.factor == 1.0, "a boot that ran suites says nothing of the guest's speed"


def test_suites_at_boot_do_not_go_on_for_ever(watched: Watch, tmp_path: Path) -> None:
    watched.built_in = 3
    console, said, second = tmp_path / rundir.CONSOLE, "", 0
    while not said and second < 200:
        second += 1
        console.write_bytes(b"x" * second)
        said = watched.look(float(second))
    assert second > 35 and said == "init did not begin within 35 s"


def test_silence_in_a_suite_at_boot_is_a_hang(watched: Watch) -> None:
    watched.built_in = 3
    assert looks(watched, 0.1, 12) == "nothing heard for 10 s in phase boot"


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_flood_is_stopped(watched: Watch, tmp_path: Path, channel: str) -> None:
    results = channel == rundir.RESULTS
    limit = vm_watch.RESULTS_LIMIT_BYTES if results else vm_watch.WHOLE_BYTES
    with (tmp_path / channel).open("wb") as file:
        file.truncate(limit)
        assert watched.look(0.1) == ""
        file.truncate(limit + 1)
    assert watched.look(0.2) == f"{Path(channel).stem} flooded: over {limit >> 20} MiB"


def test_one_that_always_has_something_to_say_is_stopped_all_the_same(
    watched: Watch, tmp_path: Path
) -> None:
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    second, said = 0, ""
    while not said and second < 1000:
        say(tmp_path, "note more\n")
        said = looks(watched, second + 0.1, second + 1)
        second += 1
    assert said == "it went on for 90 s, always with something to say"
    assert second == pytest.approx(90, abs=2)


def test_a_command_may_take_long_as_long_as_the_guest_lives(watched: Watch, tmp_path: Path) -> None:
    watched.deadlines = replace(DEADLINES, session_s=math.inf)
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    for minute in range(20):
        say(tmp_path, "alive 1.0\n")
        assert looks(watched, minute * 4 + 100, minute * 4 + 104) == ""
    assert looks(watched, 180, 200) == "nothing heard for 5 s in phase suites"


def test_nobody_ends_what_a_person_sits_at(watched: Watch, tmp_path: Path) -> None:
    watched.deadlines = replace(DEADLINES, session_s=math.inf, step_s=math.inf)
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    assert looks(watched, 0.1, 500) == ""
    say(tmp_path, "end 9f3c 3.0\n")
    assert looks(watched, 500.1, 510) == "nothing heard for 3 s in phase stop"


@pytest.mark.parametrize("line", ["begin 0000 1.0 7.3", "end 0000 1.0", "begin", "begin 9f3 1 7"])
def test_a_guessed_nonce_begins_and_ends_nothing(watched: Watch, tmp_path: Path, line: str) -> None:
    say(tmp_path, f"{line}\n")
    assert looks(watched, 0.1, 1) == "" and watched.phase == "boot"
    assert looks(watched, 1.1, 30) == "nothing heard for 10 s in phase boot"
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    watched.look(31)
    say(tmp_path, f"{line}\n")
    assert watched.look(31.1) == "" and watched.phase == "suites"


def test_a_full_disk_is_the_hosts_fault(
    watched: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize
    monkeypatch.setattr(vm_watch, "LEAST_FREE_BYTES", free // 2)
    assert watched.look(0.1) == ""
    monkeypatch.setattr(vm_watch, "LEAST_FREE_BYTES", free * 2)
    with pytest.raises(InfrastructureError, match="no room left in"):
        watched.look(0.2)


def test_files_that_are_gone_are_no_silence(watched: Watch, tmp_path: Path) -> None:
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    assert watched.look(0.1) == ""
    (tmp_path / rundir.RESULTS).unlink()
    with pytest.raises(InfrastructureError, match=r"results\.log was removed"):
        watched.look(0.2)
    tmp_path.rmdir()
    with pytest.raises(InfrastructureError, match="removed"):
        watched.look(0.3)


def test_parts_are_asked_for_in_order_and_once(watched: Watch, tmp_path: Path) -> None:
    watched.plugs = 2
    say(tmp_path, "plug 0 1.0\nbegin 9f3c 1.0 7.3.4\n")
    assert watched.look(1.0) == "" and watched.asked == [], "nobody asks before it begins"
    say(tmp_path, "plug 1 2\nplug 0 2\nplug 0 2\nplug x\nplug 1 3\nplug 2 3\n")
    assert watched.look(2.0) == "" and watched.asked == [0, 1]
