# SPDX-License-Identifier: GPL-2.0-only
"""A guest that lies, floods or talks for ever, and one that does none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge import vm_watch
from orchestrator.edge.vm_watch import Watch
from orchestrator.model import rundir
from orchestrator.model.progress import silent
from orchestrator.plan.deadlines import Deadlines
from orchestrator.plan.qemu import COVERAGE_PORT, LEAKS_PORT, PORTS

CHANNELS = (rundir.CONSOLE, *(file for _, _, file in (*PORTS, LEAKS_PORT, COVERAGE_PORT)))
DEADLINES = Deadlines(boot_s=10, boot_all_s=20, step_s=5, stop_s=3)


def watch(folder: Path, suites: int = 2) -> Watch:
    return Watch(
        folder, "9f3c", 4, suites, DEADLINES, silent,
        start=0.0, known_factor=1.0, channels=CHANNELS,
    )  # fmt: skip


def say(folder: Path, text: str) -> None:
    with (folder / rundir.RESULTS).open("a") as file:
        file.write(text)


def test_a_guest_that_does_as_it_should(tmp_path: Path) -> None:
    watched = watch(tmp_path)
    assert watched.look(1) == ""
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    assert (watched.look(2), watched.phase, watched.boot_s) == ("", "suites", 2)
    say(tmp_path, "suite-begin a 1.0\nsuite-end a 2.0 0\nend 9f3c 3.0\n")
    assert (watched.look(6), watched.phase) == ("", "stop")
    assert "nothing heard for 3 s" in watched.look(9.1)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_flood_is_stopped(tmp_path: Path, channel: str) -> None:
    results = channel == rundir.RESULTS
    limit = vm_watch.RESULTS_LIMIT_BYTES if results else vm_watch.LIMIT_BYTES
    with (tmp_path / channel).open("wb") as file:
        file.truncate(limit)
        assert watch(tmp_path).look(1) == ""
        file.truncate(limit + 1)
    assert watch(tmp_path).look(1) == f"{channel} flooded: over {limit >> 20} MiB"


def test_one_that_always_has_something_to_say_is_stopped_all_the_same(tmp_path: Path) -> None:
    watched = watch(tmp_path)
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    now, said = 1.0, watched.look(1.0)
    while not said and now < 1000:
        say(tmp_path, "note more\n")
        now += 1
        said = watched.look(now)
    assert said == "it went on for 90 s, always with something to say"


@pytest.mark.parametrize("line", ["begin 0000 1.0 7.3", "end 0000 1.0", "begin", "begin 9f3 1 7"])
def test_a_guessed_nonce_begins_and_ends_nothing(tmp_path: Path, line: str) -> None:
    watched = watch(tmp_path)
    say(tmp_path, f"{line}\n")
    assert watched.look(1) == "" and watched.phase == "boot"
    assert "init did not begin" in watched.look(20.5) or "nothing heard" in watched.look(20.5)
    say(tmp_path, "begin 9f3c 1.0 7.3\n")
    watched.look(2)
    say(tmp_path, f"{line}\n")
    assert watched.look(3) == "" and watched.phase == "suites"
