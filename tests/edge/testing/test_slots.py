# SPDX-License-Identifier: GPL-2.0-only
"""No more machines at a time than there are slots, over processes too."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from orchestrator.testing import slots
from orchestrator.testing.slots import Slots

HOLDER = """
import sys
from pathlib import Path
from orchestrator.testing.slots import Slots
with Slots(Path(sys.argv[1]), 2).one(64):
    print("held", flush=True)
    sys.stdin.read()
"""


def taken(made: Slots, mem_mib: int = 64, wait_s: float = 1.0) -> bool:
    """Is there one within this time?"""
    got = threading.Event()

    def work() -> None:
        with made.one(mem_mib):
            got.set()

    threading.Thread(target=work, daemon=True).start()
    return got.wait(wait_s)


def test_others_count_and_the_dead_do_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    holders = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)
    ]
    try:
        for holder in holders:
            assert holder.stdout and holder.stdout.readline() == b"held\n"
        assert not taken(Slots(tmp_path, 2))
        holders[0].kill()
        holders[0].wait()
        assert taken(Slots(tmp_path, 2), wait_s=30)
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


def test_one_machine_always_may_more_only_with_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "available_mib", lambda: 100)
    made = Slots(tmp_path, 4)
    with made.one(512):
        time.sleep(0)
        assert not taken(made, 512, 0.5)
    assert taken(made, 512, 30)


def test_who_does_not_wait_goes_on_without(tmp_path: Path) -> None:
    made = Slots(tmp_path, 1)
    with made.one(64):
        with made.one(64, waits=False):
            assert not taken(made)
        assert not taken(made)
    assert taken(made, wait_s=30)
