# SPDX-License-Identifier: GPL-2.0-only
"""A Debian root file system: commands and their exit codes, shells, sshd. Its kernel and its image
serve nothing else, hence slow: minutes, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from running import COMMAND, RED_SUITES, alive, qemu_children

pytestmark = pytest.mark.slow

DEBIAN = ("--config", "numa", "--topology", "numa2", "--rootfs", "debian")
PROMPT = r"root@\S*:\S*# "


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def ours(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *args], input=stdin, capture_output=True, timeout=1800, check=False
    )


@pytest.mark.parametrize(("line", "code"), [("true", 0), ("exit 7", 7), ("no-such-thing", 127)])
def test_exit_codes(line: str, code: int, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    done = ours("boot", *DEBIAN, "--json", str(file), "--", f"cat /etc/os-release; {line}")
    assert done.returncode == code, done
    assert b"ID=debian" in done.stdout and b"verdict:" in done.stderr
    run = json.loads(file.read_text())
    assert (run["command_status"], run["exit_code"]) == (code, code)
    assert run["verdict"] == ("fail" if code else "pass")


@pytest.mark.parametrize(
    ("suite", "said"),
    [("panic", b"kernel panic"), ("warn", b"WARNING in red"), ("hang", b"hang: task hung")],
)
def test_a_guest_that_fails_during_the_command(suite: str, said: bytes) -> None:
    line = f"insmod /job/orch_red_{suite}_test.ko; exit 0"
    done = ours("boot", *DEBIAN, "--kmod", str(RED_SUITES), "--", line)
    assert done.returncode == 1 and said in done.stderr, done
    assert b"exit code 1 is the verdict's" in done.stderr


def test_what_is_added_and_what_is_written(tmp_path: Path) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/usr/bin/perl\nprint qq(perl $]\\n); exit 6;\n")
    program.chmod(0o755)
    adds = ("--add", str(program), "--add", f"{program}:/bin/tool2")
    line = "./tool; tool2; ls -l /bin/sh; echo new > /etc/new && cat /etc/new; ./tool"
    done = ours("shell", *DEBIAN, *adds, "--", line)
    assert done.returncode == 6, done
    assert done.stdout.count(b"perl 5") == 3 and b"new\n" in done.stdout
    again = ours("shell", *DEBIAN, "--", "cat", "/etc/new")
    assert again.returncode == 1  # another guest has its own layer


def test_poweroff_is_an_end() -> None:
    done = ours("shell", *DEBIAN, "--", "poweroff; sleep 100")
    assert done.returncode == 0, done


def test_a_shell_in_it() -> None:
    child = pexpect.spawn(
        sys.executable, ["-m", "orchestrator", "shell", *DEBIAN], timeout=60, encoding="utf-8",
        dimensions=(33, 99), env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    child.expect(PROMPT, timeout=1800)
    child.send("stty size; jobs; sleep 100\r")
    child.expect(r"33 99\r\n")
    time.sleep(1)
    child.send("\x03")
    child.expect(PROMPT)
    child.send("exit 4\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4


@pytest.fixture
def with_sshd(tmp_path: Path) -> Iterator[Path]:
    """The directory of a run whose guest has sshd and waits."""
    run_dir = tmp_path / "run"
    argv = [*COMMAND, "shell", *DEBIAN, "--ssh", "--run-dir", str(run_dir), "--", "sleep 600"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 1800
        while not (run_dir / "live.json").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)
        yield run_dir
        guests = qemu_children(process.pid)
        process.terminate()
    assert guests and not any(alive(pid) for pid in guests)
    assert not (run_dir / "live.json").exists()
    done = ours("ssh", str(run_dir), "true")
    assert done.returncode == 2 and b"does not run" in done.stderr


def test_ssh_and_cp(with_sshd: Path, tmp_path: Path) -> None:
    run = str(with_sshd)
    done = ours("ssh", run, "cat; echo bad >&2; exit 9", stdin=b"\0\xffdata")
    assert (done.returncode, done.stdout) == (9, b"\0\xffdata") and b"bad" in done.stderr
    tree = tmp_path / "tree"
    (tree / "inner").mkdir(parents=True)
    (tree / "inner" / "x").write_bytes(os.urandom(300_000))
    (tree / "inner" / "x").chmod(0o750)
    assert ours("cp", str(tree), f"{run}:/srv/").returncode == 0
    assert ours("ssh", run, "test -x /srv/tree/inner/x").returncode == 0
    assert ours("cp", f"{run}:/srv/tree", str(tmp_path / "back")).returncode == 0
    assert subprocess.run(["diff", "-r", tree, tmp_path / "back"], check=False).returncode == 0
    assert ours("cp", f"{run}:/no/such", str(tmp_path)).returncode == 2

    child = pexpect.spawn(
        sys.executable, ["-m", "orchestrator", "ssh", run], timeout=60, encoding="utf-8",
        dimensions=(33, 99),
    )  # fmt: skip
    child.expect(PROMPT)
    child.send("stty size\r")
    child.expect(r"33 99\r\n")
    child.setwinsize(41, 90)
    time.sleep(1)
    child.send("stty size\r")
    child.expect(r"41 90\r\n")
    child.send("exit 3\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 3

    # Another key than the one this run made for its guest.
    known = with_sshd / "ssh" / "host_key.pub"
    kind, key, *_ = known.read_text().split()
    known.write_text(f"{kind} {key[:-4]}AAAA\n")
    done = ours("ssh", run, "true")
    assert done.returncode == 3 and b"does not have the host key of this run" in done.stderr
