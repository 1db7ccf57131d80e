# SPDX-License-Identifier: GPL-2.0-only
"""Commands one after the other in a real shell, over real sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.testing.talk import CommandTalk
from orchestrator.testing.told import GuestGone

NAMES = ("input", "output", "errors", "console")


class Shell:
    """A shell where the guest's would be."""

    def __init__(self) -> None:
        pairs = {name: socket.socketpair() for name in NAMES}
        self.ours = {name: pair[0] for name, pair in pairs.items()}
        ends = {name: pair[1] for name, pair in pairs.items()}
        self.process = subprocess.Popen(
            ["sh"],
            stdin=ends["input"],
            stdout=ends["output"],
            stderr=ends["errors"],
            start_new_session=True,
        )
        for name in NAMES[:3]:
            ends[name].close()
        self.console = ends["console"]
        self.talk = CommandTalk()
        self.thread = threading.Thread(target=self.talk, args=(self.ours,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.talk.kill()
        self.process.kill()
        self.process.wait()
        self.thread.join(10)
        for end in (*self.ours.values(), self.console):
            end.close()


@pytest.fixture
def shell() -> Iterator[Shell]:
    made = Shell()
    yield made
    made.close()


def test_each_command_has_its_own_output_and_status(shell: Shell) -> None:
    first = shell.talk.run("printf out; printf err >&2; exit 5", 10)
    assert (first.status, first.stdout, first.stderr) == (5, "out", "err")
    second = shell.talk.run("read line; echo [$line]", 10)
    assert (second.status, second.stdout) == (0, "[]\n"), "there is no input"
    assert shell.talk.run("cd /; x=1", 10).status == 0
    assert shell.talk.run("echo $x$PWD", 10).stdout != "1/\n", "nothing is left behind"


@pytest.mark.parametrize("command", ["if then", "echo '", "(", "exit 2", "kill -9 $$", "exec true"])
def test_no_command_ends_the_shell(shell: Shell, command: str) -> None:
    shell.talk.run(command, 10)
    assert shell.talk.run("echo 'it'\"'\"'s $HOME' here", 10).stdout == "it's $HOME here\n"


def test_output_of_any_size_and_kind(shell: Shell) -> None:
    done = shell.talk.run("yes | head -c 3000000; yes no | head -c 2000000 >&2", 60)
    assert (len(done.stdout), len(done.stderr)) == (3_000_000, 2_000_000)
    assert shell.talk.run(r"printf '\377\000x'", 10).stdout == "\ufffd\x00x"


def test_the_console_may_say_what_it_likes_and_close(shell: Shell) -> None:
    shell.console.sendall(b"noise" * 1000)
    assert shell.talk.run("echo one", 10).stdout == "one\n"
    shell.console.close()
    assert shell.talk.run("echo two", 10).stdout == "two\n"


def test_files_arrive_whole_whatever_their_names(shell: Shell, tmp_path: Path) -> None:
    data = bytes(range(256)) * 3000
    place = tmp_path / "a folder" / "it's $1.ko"
    assert shell.talk.put(data, str(place), 30).status == 0
    assert place.read_bytes() == data
    assert shell.talk.put(b"", str(tmp_path / "empty"), 10).status == 0
    assert (tmp_path / "empty").read_bytes() == b""
    (tmp_path / "file").touch()
    assert shell.talk.put(b"x", str(tmp_path / "file" / "below"), 10).status != 0


def test_what_does_not_answer_in_time_is_gone(shell: Shell) -> None:
    with pytest.raises(GuestGone, match=r"sleep 60: no answer within 0.2 s"):
        shell.talk.run("sleep 60", 0.2)
    assert shell.talk.left and shell.talk.stop.is_set()


def test_a_guest_that_goes_away_is_told_of(shell: Shell) -> None:
    threading.Timer(0.2, os.killpg, (shell.process.pid, signal.SIGKILL)).start()
    with pytest.raises(GuestGone, match="went away"):
        shell.talk.run("sleep 60", 30)
    with pytest.raises(GuestGone):
        shell.talk.run("true", 30)


def test_the_end_is_the_end_of_its_input(shell: Shell) -> None:
    shell.talk.run("true", 10)
    shell.talk.end()
    assert shell.process.wait(timeout=10) == 0 and not shell.talk.left
