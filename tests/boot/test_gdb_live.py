# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate gdb` on a guest that somebody has a shell in."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from running import COMMAND, guest_with

pytestmark = pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")
PROMPT = "# "


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pexpect.spawn]:
    """A console with a prompt; its runs are in a folder of their own."""
    runs = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ORCHESTRATE_RUNS", str(runs))
        child = pexpect.spawn(
            COMMAND[0], [*COMMAND[1:], "shell", "--config", "numa", "--topology", "numa2"],
            timeout=60, encoding="utf-8", env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip
        child.expect_exact(PROMPT)
        child.sendline("insmod /job/orch_latency_test.ko > /dev/null; echo is$((1+1))in")
        child.expect("is2in")
        yield child
        child.sendline("poweroff")
        child.expect(pexpect.EOF)
        child.close()


def gdb(*args: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "gdb", "latest", "--batch", *args],
        capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip


def lives(shell: pexpect.spawn, word: str) -> None:
    """The guest answers, and the test would fail if it stood still."""
    shell.sendline(f"echo {word}$((20+3))")
    shell.expect(f"{word}23", timeout=60)


def address(shell: pexpect.spawn, symbol: str) -> str:
    """Of a function, as the guest has it."""
    shell.sendline(f"grep -w {symbol} /proc/kallsyms")
    shell.expect(rf"([0-9a-f]{{16}}) [tT] {symbol}\s")
    assert isinstance(shell.match, re.Match)
    return f"0x{shell.match[1]}"


def test_it_is_stopped_looked_at_and_goes_on(shell: pexpect.spawn) -> None:
    """Modules that were loaded before are known by name, where the guest has them."""
    core, test = address(shell, "orch_thread_made"), address(shell, "workers")
    done = gdb(
        "-ex", "info threads", "-ex", "print init_task.comm",
        "-ex", f"info symbol {core}", "-ex", f"info symbol {test}",
    )  # fmt: skip
    assert done.returncode == 0 and "let it go on" in done.stderr, done
    assert re.search(r"Thread 1\.2", done.stdout) and '"swapper/0' in done.stdout, done
    assert re.search(r"orch_thread_made in section .text of \S+/orch_core.ko", done.stdout), done
    assert re.search(r"workers in section .text of \S+_test.ko", done.stdout), done
    lives(shell, "after")


def test_a_breakpoint_is_hit_and_gone_afterwards(shell: pexpect.spawn) -> None:
    waiting = subprocess.Popen(
        [*COMMAND, "gdb", "latest", "--batch", "--break", "do_exit", "-ex", "backtrace 3",
         "-ex", "print $current()->comm"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while waiting.poll() is None and time.monotonic() < deadline:
        shell.sendline("sleep 0")  # a program that ends
        time.sleep(0.5)
    said, errors = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, errors
    assert "do_exit ()" in said and re.search(r'= "\w+\\000', said), said
    lives(shell, "hit")


def test_a_gdb_that_is_killed_leaves_no_breakpoint(shell: pexpect.spawn) -> None:
    """Ours ends too, in the end; whoever comes next finds the guest, and lets it go on."""
    words = [*COMMAND, "gdb", "latest", "--batch", "-ex", "break do_exit", "-ex", "continue",
             "-ex", "shell sleep 100"]  # fmt: skip
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    deadline = time.monotonic() + 60
    shown = ""
    while "hit Breakpoint" not in shown and time.monotonic() < deadline:
        shell.sendline("sleep 0")
        shown = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    lives(shell, "killed")
    process = subprocess.Popen([*words[:-2], "-ex", "shell sleep 100"], stdout=subprocess.PIPE,
                               text=True)  # fmt: skip
    assert process.stdout
    shown = ""
    while "hit Breakpoint" not in shown and time.monotonic() < deadline + 60:
        shell.sendline("sleep 0")
        shown = process.stdout.readline()
    process.kill()
    process.wait(20)
    time.sleep(1)
    assert gdb("-ex", "echo again\\n").returncode == 0
    lives(shell, "again")


def test_a_guest_that_runs_a_command_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Stopped, it would look like a hang."""
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path))
    guest, stdin, _ = guest_with("cat")
    done = gdb("-ex", "bt")
    assert done.returncode == 2 and "would be a hang" in done.stderr, done
    stdin.close()
    assert guest.wait(60) == 0
