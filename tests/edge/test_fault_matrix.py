# SPDX-License-Identifier: GPL-2.0-only
"""The fault matrix (tests/faults) sees what is left behind, and its table proves something."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

FAULTS = Path(__file__).parents[1] / "faults"
sys.path.insert(0, str(FAULTS))

import fault_table as table  # noqa: E402
import leftovers  # noqa: E402
import matrix  # noqa: E402
from product import Running, Seen  # noqa: E402

ROW = table.Expected("x", "what", "crash", 1, "kernel", within_s=9, says="panic")
GOOD = Seen("crash", 1, "kernel", "a panic", 3.0)


def test_every_row_has_a_case_and_every_case_a_row() -> None:
    names = [row.name for row in table.rows(matrix.TABLE)]
    assert sorted(names) == sorted(table.ACTS)
    assert len(names) >= 40


def test_green_needs_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "table.toml"
    row = '[x]\nwhat = "w"\nverdict = "pass"\nexit = 0\nfault = "-"\nwithin_s = 1\n'
    file.write_text(row)
    with pytest.raises(ValueError, match="green needs a reason"):
        table.rows(file)
    file.write_text(row + 'recovers = "because"\n')
    assert table.rows(file)[0].recovers == "because"


def test_what_is_as_expected() -> None:
    assert table.mismatches(ROW, GOOD) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Seen("pass", 0, "-", "a panic", 3.0), "crash 1 kernel expected"),
        (Seen("crash", 1, "ours", "a panic", 3.0), "crash 1 kernel expected"),
        (Seen("crash", 3, "kernel", "a panic", 3.0), "crash 1 kernel expected"),
        (Seen("crash", 1, "kernel", "an oops", 3.0), "it does not say 'panic'"),
        (Seen("crash", 1, "kernel", "a panic", 10.0), "took 10 s, 9 s allowed"),
        (
            Seen("crash", 1, "kernel", "panic\nTraceback (most recent call last):\n", 3.0),
            "a traceback",
        ),
    ],
)
def test_what_is_not(seen: Seen, said: str) -> None:
    assert table.mismatches(ROW, seen) == [said]


def test_a_process_that_stays_is_seen() -> None:
    child = subprocess.Popen(["sleep", "60"], env={**os.environ, "FAULTS_TEST": "here"})
    try:
        end = time.monotonic() + 5
        said = [f"process {child.pid}: sleep 60 "]
        while list(leftovers.processes("FAULTS_TEST=here")) != said and time.monotonic() < end:
            time.sleep(0.01)
        assert leftovers.settled(lambda: list(leftovers.processes("FAULTS_TEST=here")), 0.1) == said
        leftovers.end_all("FAULTS_TEST=elsewhere")
        assert list(leftovers.processes("FAULTS_TEST=elsewhere")) == []
        assert child.poll() is None
    finally:
        leftovers.end_all("FAULTS_TEST=here")
        assert child.wait() == -signal.SIGKILL
    assert list(leftovers.processes("FAULTS_TEST=here")) == []


def test_a_lock_that_is_held_is_seen(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    file = tmp_path / "locks" / "states_x.lock"
    file.touch()
    assert list(leftovers.held_locks(tmp_path)) == []
    with file.open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert list(leftovers.held_locks(tmp_path)) == ["lock held: states_x.lock"]


def test_half_an_entry_is_seen(tmp_path: Path) -> None:
    store, others = tmp_path / "store", tmp_path / "others"
    for name in ("kernels/whole", "kernels/.half.7.partial", "building/work"):
        (store / name).mkdir(parents=True)
    said = ["half an entry: building/work", "half an entry: kernels/.half.7.partial"]
    assert list(leftovers.half_made(store, [7], others)) == said
    assert list(leftovers.half_made(store, [70], others)) == said[:1]
    (others / "building" / "work").mkdir(parents=True)
    assert list(leftovers.half_made(store, [70], others)) == []


def test_files_that_stay_are_seen(tmp_path: Path) -> None:
    runs, tmp = tmp_path / "runs", tmp_path / "tmp"
    tmp.mkdir()
    (runs / "empty").mkdir(parents=True)
    (runs / "good").mkdir()
    (runs / "good" / "run.json").touch()
    assert list(leftovers.temporary(tmp)) == []
    (tmp / "ccX.s").touch()
    assert list(leftovers.temporary(tmp)) == ["temporary file: ccX.s"]
    (runs / "good" / ".run.json.partial").touch()
    assert list(leftovers.half_written(runs)) == [
        "half a file: good/.run.json.partial",
        "empty run directory: empty",
    ]


def test_a_mount_is_seen() -> None:
    assert {"/", "/proc"} <= leftovers.mounts()


def test_a_run_that_does_not_end_is_hung(tmp_path: Path) -> None:
    running = Running(["sleep", "60"], dict(os.environ), tmp_path, tmp_path)
    seen = running.end(0.3)
    assert (seen.verdict, seen.exit, seen.fault) == ("hung", 124, "ours")
    assert running.process.poll() is not None
