# SPDX-License-Identifier: GPL-2.0-only
"""Processes: output, ends, time-outs, and that nothing outlives us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestrator.edge import process
from orchestrator.model.errors import InfrastructureError


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone_soon(pid: int) -> bool:
    for _ in range(200):
        if not alive(pid):
            return True
        time.sleep(0.01)
    return False


def test_output_comes_interleaved_and_line_by_line(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "log"
    log.write_text("before\n")
    argv = ["sh", "-c", "echo one; echo two >&2; echo three; exit 3"]
    done = process.run(argv, log=log, on_line=lines.append)
    assert (done.returncode, done.output) == (3, "one\ntwo\nthree")
    assert lines == ["one", "two", "three"]
    assert log.read_text() == f"before\n+ {done.command}\none\ntwo\nthree\n"
    assert done.command == "sh -c 'echo one; echo two >&2; echo three; exit 3'"


def test_bytes_that_are_no_text_survive(tmp_path: Path) -> None:
    done = process.run(["printf", r"a\377b\r\n\033[1m"], log=tmp_path / "log")
    assert done.output == "a\ufffdb\n\x1b[1m"
    assert b"a\xffb\r\n" in (tmp_path / "log").read_bytes()


def test_environment_folder_and_input(tmp_path: Path) -> None:
    done = process.run(["sh", "-c", "pwd; echo $MINE; echo $HOME"], cwd=tmp_path, env={"MINE": "x"})
    assert done.output.splitlines() == [str(tmp_path), "x", os.environ["HOME"]]
    assert process.run(["cat"], stdin=b"fed").output == "fed"
    assert process.run(["cat"]).output == ""
    much = b"x" * (1 << 20) + b"\n"
    assert process.run(["sh", "-c", "exec true"], stdin=much).returncode == 0


def test_death_by_signal_is_negative() -> None:
    assert process.run(["sh", "-c", "kill -9 $$"]).returncode == -signal.SIGKILL


@pytest.mark.parametrize("name", ["no-such-program-here", "./no-such-script", "/none/at/all"])
def test_a_missing_program_is_told(name: str) -> None:
    with pytest.raises(InfrastructureError, match=f"cannot run {name}") as caught:
        process.run([name, "--version"])
    assert "doctor" in caught.value.hint


def test_a_program_may_be_named_from_where_it_runs(tmp_path: Path) -> None:
    script = tmp_path / "here"
    script.write_text("#!/bin/sh\necho found\n")
    with pytest.raises(InfrastructureError, match=r"cannot run \./here"):
        process.run(["./here"], cwd=tmp_path)  # not executable
    script.chmod(0o755)
    assert process.run(["./here"], cwd=tmp_path).output == "found"
    assert process.run(["here"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}).output == "found"


def test_a_missing_folder_is_not_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="none"):
        process.run(["true"], cwd=tmp_path / "none")


def test_a_timeout_ends_children_of_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sh -c 'echo $$ >>{pids}; sleep 60' & echo $$ >>{pids}; wait"
    start = time.monotonic()
    with pytest.raises(InfrastructureError, match="sh did not end within 0 s") as caught:
        process.run(["sh", "-c", script], timeout_s=0.3, log=tmp_path / "log")
    assert time.monotonic() - start < 50  # less than they would have slept
    assert caught.value.log == tmp_path / "log"
    both = [int(pid) for pid in pids.read_text().split()]
    assert len(both) == 2
    assert all(gone_soon(pid) for pid in both)


def test_one_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_S", 0.1)
    with process.started(["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 9; done"]) as child:
        assert child.stdout
        shell = int(child.stdout.readline())
    assert not alive(child.pid)
    assert gone_soon(shell)  # whatever timeout(1) ended with: it may not have known its child yet


def test_leaving_ends_what_was_started() -> None:
    with pytest.raises(KeyError), process.started(["sleep", "60"]) as child:
        assert alive(child.pid)
        raise KeyError
    assert not alive(child.pid)


def test_no_child_outlives_us() -> None:
    parent_code = (
        "from orchestrator.edge import process; import time\n"
        "with process.started(['sleep', '60']) as child:\n"
        "    print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert alive(child)
    end = time.monotonic() + 10
    while Path(f"/proc/{child}/comm").read_text() != "sleep\n" and time.monotonic() < end:
        time.sleep(0.01)  # before that, setpriv has not asked for it yet
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone_soon(child)


def test_no_child_of_a_child_outlives_us(tmp_path: Path) -> None:
    """As a make's makes would: those that a make started go on if it alone is killed."""
    pid_file = tmp_path / "pid"
    below = f"echo $$ >{pid_file}.new; mv {pid_file}.new {pid_file}; sleep 60"
    script = f"trap '' TERM; sh -c '{below}' & wait"
    code = f"from orchestrator.edge import process; process.run(['sh', '-c', {script!r}])"
    parent = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 10
    while not pid_file.exists() and time.monotonic() < end:
        time.sleep(0.01)
    child = int(pid_file.read_text())
    assert alive(child)
    parent.kill()
    parent.wait()
    end = time.monotonic() + process.GRACE_S + 3
    while alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(child)


def test_check() -> None:
    assert process.check(["echo", "fine"]) == "fine"
    with pytest.raises(InfrastructureError, match="failed: the last word"):
        process.check(["sh", "-c", "echo first; echo the last word; false"])
    with pytest.raises(InfrastructureError, match="failed: exit status 7"):
        process.check(["sh", "-c", "exit 7"])
