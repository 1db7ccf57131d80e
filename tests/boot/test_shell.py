# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate shell` on a terminal of its own, typed on by pexpect, and with commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from running import COMMAND, RED_SUITES, alive, qemu_children

SHELL = (*COMMAND, "shell", "--config", "numa", "--topology", "numa2")
PROMPT = r"\d+\.\d+\S*:/\S*# "
LEAVE = "\x1d"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs of this test go; what goes well leaves none."""
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def terminal(runs: Path) -> Iterator[pexpect.spawn]:
    """A shell in the guest, at its first prompt."""
    child = pexpect.spawn(
        SHELL[0], list(SHELL[1:]), dimensions=(31, 97), timeout=20, encoding="utf-8",
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    child.expect(PROMPT, timeout=300)
    yield child
    child.close(force=True)


def command(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*SHELL, *args], input=stdin, capture_output=True, timeout=900, check=False
    )


def ended(child: pexpect.spawn) -> int:
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus is not None, child.signalstatus
    return int(child.exitstatus)


def local_flags(child: pexpect.spawn) -> int:
    """Of the pty: ICANON, ECHO and ISIG are off while it is the guest's."""
    return int(termios.tcgetattr(child.child_fd)[3])


COOKED = termios.ICANON | termios.ECHO | termios.ISIG


def test_a_shell_as_one_expects_it(terminal: pexpect.spawn, runs: Path) -> None:
    assert "Ctrl-]" in terminal.before
    assert not local_flags(terminal) & COOKED
    # Line editing: what was typed wrong is taken back by the guest's shell, and its history works.
    terminal.send("echo wromg\x7f\x7f\x7f\x1b[Dron\x01\x05\r")
    terminal.expect(r"\r\nwron\S*\r\n")
    terminal.expect(PROMPT)
    terminal.send("\x1b[A\r")
    terminal.expect(r"\r\nwron\S*\r\n")
    terminal.expect(PROMPT)
    # The window's size, at first and when it changes.
    terminal.send("stty size\r")
    terminal.expect(r"\r\n31 97\r\n")
    terminal.setwinsize(40, 132)
    time.sleep(1)
    terminal.send("stty size\r")
    terminal.expect(r"\r\n40 132\r\n")
    terminal.expect(PROMPT)
    # Ctrl-C is the guest's.
    terminal.send("sleep 100; echo status $?\r")
    terminal.expect("sleep 100[^\r]*\r\n")
    time.sleep(0.5)
    began = time.monotonic()
    terminal.send("\x03")
    terminal.expect(PROMPT)
    assert time.monotonic() - began < 30
    # Ctrl-Z, too.
    terminal.send("sleep 99\r")
    terminal.expect("sleep 99\r\n")
    time.sleep(0.5)
    terminal.send("\x1a")
    terminal.expect("Stopped")
    terminal.expect(PROMPT)
    terminal.send("insmod /job/orch_create_test.ko && echo in''serted\r")
    terminal.expect("inserted")
    terminal.send("poweroff\r")
    assert ended(terminal) == 0
    assert not list(runs.iterdir())


def test_the_key_to_leave(terminal: pexpect.spawn, runs: Path) -> None:
    guests = qemu_children(terminal.pid)
    terminal.send("cat\r")
    terminal.expect("cat\r\n")
    terminal.send(LEAVE)
    terminal.expect(pexpect.EOF)
    assert local_flags(terminal) & COOKED == COOKED
    assert ended(terminal) == 0
    assert guests and not any(alive(pid) for pid in guests)
    assert not list(runs.iterdir())


def test_exit_has_the_shells_status(terminal: pexpect.spawn) -> None:
    terminal.send("exit 5\r")
    assert ended(terminal) == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_terminal_is_restored_if_we_are_killed(
    terminal: pexpect.spawn, number: int, tmp_path: Path
) -> None:
    guests = qemu_children(terminal.pid)
    os.kill(terminal.pid, number)
    deadline = time.monotonic() + 20
    while local_flags(terminal) & COOKED != COOKED or any(alive(pid) for pid in guests):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_terminal_is_gone(terminal: pexpect.spawn, runs: Path) -> None:
    guests = qemu_children(terminal.pid)
    terminal.ptyproc.fileobj.close()
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in guests) or list(runs.iterdir()):
        assert guests and time.monotonic() < deadline
        time.sleep(0.1)


def test_qemu_is_killed(terminal: pexpect.spawn) -> None:
    for pid in qemu_children(terminal.pid):
        os.kill(pid, signal.SIGKILL)
    terminal.expect("QEMU ended without a shutdown")
    terminal.expect(pexpect.EOF)
    assert local_flags(terminal) & COOKED == COOKED
    assert ended(terminal) == 3


def test_a_guest_that_panics_under_a_shell(runs: Path) -> None:
    child = pexpect.spawn(
        SHELL[0], [*SHELL[1:], "--kmod", str(RED_SUITES)], timeout=90, encoding="utf-8"
    )
    child.expect(PROMPT, timeout=300)
    child.send("insmod /job/orch_red_panic_test.ko\r")
    child.expect("orchestrate: crash: ")
    assert ended(child) == 1
    [run] = runs.iterdir()
    assert "Kernel panic" in (run / "console.log").read_text()


@pytest.mark.parametrize(
    ("words", "stdin", "code", "out", "err"),
    [
        (["uname", "-s"], b"", 0, b"Linux\n", b""),
        (["exit 7"], b"", 7, b"", b"the command ended with 7"),
        (["cat; echo no >&2; exit 3"], b"a\0\xff\r\n", 3, b"a\0\xff\r\n", b"no\n"),
        (["printf", "%s|", "a b", "'", "$HOME"], b"", 0, b"a b|'|$HOME|", b""),
        (["poweroff"], b"", 0, b"", b""),
        (["kill -9 $$"], b"", 137, b"", b"137"),
    ],
)  # fmt: skip
def test_commands(
    words: list[str], stdin: bytes, code: int, out: bytes, err: bytes, runs: Path
) -> None:
    done = command("--", *words, stdin=stdin)
    assert (done.returncode, done.stdout) == (code, out), done
    assert err in done.stderr
    assert not list(runs.iterdir())


def test_commands_piped_in() -> None:
    done = command(stdin=b"echo one\necho two; (exit 4)\n")
    assert (done.returncode, done.stdout) == (4, b"one\ntwo\n"), done


def test_much_comes_through_whole() -> None:
    data = os.urandom(2 << 20)
    done = command("--", "cat", stdin=data)
    assert done.returncode == 0 and done.stdout == data


def test_nobody_reads() -> None:
    shown = subprocess.run(
        f"{' '.join(SHELL)} -- yes | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", capture_output=True, timeout=900, check=False,
    )  # fmt: skip
    assert shown.stdout == b"y\n141\n", shown


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        ("panic", b"crash: "),
        ("warn", b"fail: WARNING in red"),
        ("poweroff", b"powered off before its end marker"),
    ],
)  # fmt: skip
def test_the_guests_fault_is_never_the_commands_green(suite: str, said: bytes, runs: Path) -> None:
    line = f"insmod /job/orch_red_{suite}_test.ko; exit 0"
    done = command("--kmod", str(RED_SUITES), "--", line)
    assert done.returncode == 1 and said in done.stderr, done
    assert b"is the verdict's" in done.stderr
    [run] = runs.iterdir()
    again = subprocess.run([*COMMAND, "judge", str(run)], capture_output=True, check=False)
    assert again.returncode == 1


def test_a_conversation(tmp_path: Path) -> None:
    script = tmp_path / "talk"
    script.write_text("prompt\nsend stty size\nexpect 24 80\nprompt\nsend echo o''ne\nexpect one\n")
    done = command("--script", str(script))
    assert done.returncode == 0 and b"24 80" in done.stdout, done
    script.write_text("prompt\nsend uname\ntimeout 2\nexpect Windows\n")
    done = command("--script", str(script))
    assert done.returncode == 1 and b"line 4: no 'Windows' within 2 s" in done.stderr


@pytest.mark.parametrize("code", [0, 7])
def test_boot_with_a_command(code: int, tmp_path: Path) -> None:
    """Its run stays, with a verdict that can be repeated."""
    run = tmp_path / "run"
    argv = [*COMMAND, "boot", "--config", "numa", "--topology", "numa2", "--run-dir", str(run)]
    done = subprocess.run(
        [*argv, "--", f"echo out; exit {code}"], capture_output=True, timeout=900, check=False
    )
    assert (done.returncode, done.stdout) == (code, b"out\n"), done
    assert b"verdict:" in done.stderr
    document = json.loads((run / "run.json").read_text())
    assert (document["exit_code"], document["command_status"]) == (code, code)
    again = subprocess.run([*COMMAND, "judge", str(run)], capture_output=True, check=False)
    assert again.returncode == code
    replayed = subprocess.run(
        [str(run / "replay.sh")], capture_output=True, stdin=subprocess.DEVNULL, timeout=120,
        check=False,
    )  # fmt: skip
    out = Path(replayed.stderr.decode().split("channels: ")[1].split()[0])
    assert (out / "output.log").read_bytes() == b"rout\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing(number: int, runs: Path) -> None:
    argv = [*SHELL, "--", "echo begun; sleep 1000"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"begun\n"
        guests = qemu_children(process.pid)
        process.send_signal(number)
        assert process.wait(30) == 130
    assert guests and not any(alive(pid) for pid in guests)
    assert not list(runs.iterdir())


def test_wrong_usage(runs: Path) -> None:
    assert command("--").returncode == 2
    assert command("uname").returncode == 2
    assert not list(runs.iterdir())
