# SPDX-License-Identifier: GPL-2.0-only
"""Sessions over real sockets, with a stand-in for QEMU and its guest at the other end."""

from __future__ import annotations

import os
import pty
import socket
import termios
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.config.dialogue import read_dialogue
from orchestrator.edge.session import terminal
from orchestrator.edge.session.console import ConsoleTalk
from orchestrator.edge.session.ends import Sockets, talking
from orchestrator.edge.session.script import ScriptTalk
from orchestrator.edge.session.stream import StreamTalk
from orchestrator.plan.qemu import SOCKETS

Guest = dict[str, socket.socket]


def connected(folder: Path) -> Guest:
    ends = {}
    for name in SOCKETS:
        ends[name] = socket.socket(socket.AF_UNIX)
        ends[name].connect(str(folder / name))
    return ends


def gone(guest: Guest) -> None:
    for end in guest.values():
        end.close()


def all_of(end: socket.socket) -> bytes:
    found = b""
    while data := end.recv(1 << 16):
        found += data
    return found


class Pipes:
    """Standard input, output and error of a command."""

    def __init__(self, given: bytes) -> None:
        self.stdin, feed = os.pipe()
        self.out, self.stdout = os.pipe()
        self.err, self.stderr = os.pipe()
        self.read = {self.stdout: b"", self.stderr: b""}
        threading.Thread(target=self._feed, args=(feed, given), daemon=True).start()
        self.readers = [
            threading.Thread(target=self._drain, args=pair)
            for pair in ((self.out, self.stdout), (self.err, self.stderr))
        ]
        for reader in self.readers:
            reader.start()

    def _feed(self, fd: int, data: bytes) -> None:
        with os.fdopen(fd, "wb") as file:
            file.write(data)

    def _drain(self, fd: int, to: int) -> None:
        while data := os.read(fd, 1 << 16):
            self.read[to] += data

    def said(self) -> tuple[bytes, bytes]:
        os.close(self.stdout)
        os.close(self.stderr)
        for reader in self.readers:
            reader.join()
        return self.read[self.stdout], self.read[self.stderr]


def nothing() -> None:
    pass


def test_streams_are_whole_both_ways(tmp_path: Path) -> None:
    given, out = os.urandom(1 << 20), os.urandom(1 << 20)
    pipes = Pipes(given)
    with talking(tmp_path, StreamTalk(pipes.stdin, pipes.stdout, pipes.stderr, nothing)):
        guest = connected(tmp_path)
        guest["console"].send(b"booting")
        guest["output"].send(b"r")
        assert all_of(guest["input"]) == given
        guest["errors"].send(b"oh")
        guest["output"].sendall(out)
        gone(guest)
    assert pipes.said() == (out, b"oh")


def test_nothing_is_read_before_the_guest_listens(tmp_path: Path) -> None:
    """A QEMU that cannot go on from its state is followed by one that boots."""
    pipes = Pipes(b"for the second one")
    with talking(tmp_path, StreamTalk(pipes.stdin, pipes.stdout, pipes.stderr, nothing)):
        gone(connected(tmp_path))
        guest = connected(tmp_path)
        guest["output"].send(b"r")
        assert all_of(guest["input"]) == b"for the second one"
        gone(guest)
    assert pipes.said() == (b"", b"")


def test_a_machine_that_never_starts(tmp_path: Path) -> None:
    with talking(tmp_path, StreamTalk(-1, 1, 2, nothing)):
        pass


def test_a_reader_that_went_away_ends_the_machine(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    talk = StreamTalk(-1, writer, 2, nothing)
    with talking(tmp_path, talk):
        guest = connected(tmp_path)
        guest["output"].send(b"r")
        guest["output"].send(b"y\n")
        assert talk.stop.wait(10) and talk.left
        gone(guest)
    os.close(writer)


def test_what_goes_wrong_while_talking_is_not_lost(tmp_path: Path) -> None:
    def broken(_sockets: Sockets) -> None:
        raise RuntimeError("as asked")

    with pytest.raises(RuntimeError, match="as asked"), talking(tmp_path, broken):
        guest = connected(tmp_path)
        guest["output"].send(b"r")
        gone(guest)


def on_terminal(
    tmp_path: Path, act: Callable[[Guest, int], None], leaves: bool = False
) -> ConsoleTalk:
    """A person's terminal, with act(guest, the person's side) in the middle."""
    person, ours = pty.openpty()
    termios.tcsetwinsize(ours, (31, 97))
    before = termios.tcgetattr(ours)
    resized, wake = os.pipe()
    talk = ConsoleTalk(ours, ours, resized, nothing)
    with talking(tmp_path, talk):
        guest = connected(tmp_path)
        guest["output"].send(b"r")
        assert guest["input"].recv(100) == b"31 97\n"
        assert not termios.tcgetattr(ours)[3] & (termios.ICANON | termios.ISIG | termios.ECHO)
        termios.tcsetwinsize(ours, (40, 132))
        os.write(wake, b"w")
        assert guest["input"].recv(100) == b"40 132\n"
        act(guest, person)
        assert not leaves or talk.stop.wait(20)
        gone(guest)
    assert termios.tcgetattr(ours) == before
    for fd in (person, ours, resized, wake):
        os.close(fd)
    return talk


def test_every_byte_but_the_key_to_leave_is_the_guests(tmp_path: Path) -> None:
    def act(guest: Guest, person: int) -> None:
        typed = bytes(range(256)).replace(b"\x1d", b"")
        os.write(person, typed)
        seen = b""
        while len(seen) < len(typed):
            seen += guest["console"].recv(1 << 16)
        assert seen == typed
        guest["console"].send(b"\x1b[2Jhello\xff")
        shown = b""
        while b"hello\xff" not in shown:
            shown += os.read(person, 100)
        os.write(person, b"ab\x1dcd")
        assert guest["console"].recv(100) == b"ab"

    talk = on_terminal(tmp_path, act, leaves=True)
    assert talk.left and talk.stop.is_set()


def test_the_key_works_though_the_guest_takes_nothing(tmp_path: Path) -> None:
    def act(guest: Guest, person: int) -> None:
        for _ in range(200):
            os.write(person, b"x" * 4000)
        os.write(person, b"\x1d")

    talk = on_terminal(tmp_path, act, leaves=True)
    assert talk.left


def test_a_guest_that_goes_gives_the_terminal_back(tmp_path: Path) -> None:
    talk = on_terminal(tmp_path, lambda guest, person: None)
    assert not talk.left and not talk.stop.is_set()


def test_the_size_of_no_terminal() -> None:
    reader, writer = os.pipe()
    assert terminal.size(reader) == (24, 80)
    os.close(reader)
    os.close(writer)


def scripted(tmp_path: Path, text: str, answer: bytes) -> tuple[ScriptTalk, bytes, bytes]:
    """(the talk, what the guest got, what was shown)."""
    reader, writer = os.pipe()
    talk = ScriptTalk(read_dialogue(text, "f"), writer, nothing)
    got = b""
    with talking(tmp_path, talk):
        guest = connected(tmp_path)
        guest["output"].send(b"r")
        guest["console"].send(b"7.3:/# ")
        got = guest["console"].recv(100)
        guest["console"].send(answer)
        if b"gone" in answer:
            gone(guest)
        else:
            talk.stop.wait(20)
            gone(guest)
    os.close(writer)
    shown = b""
    while data := os.read(reader, 1 << 16):
        shown += data
    os.close(reader)
    return talk, got, shown


def test_a_conversation(tmp_path: Path) -> None:
    text = "prompt\nsend id\nexpect uid=\\d+"
    talk, got, shown = scripted(tmp_path, text, b"id\r\nuid=0\r\n")
    assert (talk.failed, talk.left, got) == ("", True, b"id\r")
    assert shown == b"7.3:/# id\r\nuid=0\r\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [(b"other", "line 4: no 'uid' within 0.3 s, but at last 'other'"), (b"gone", "line 4: the gu")],
)
def test_a_conversation_in_vain(tmp_path: Path, answer: bytes, said: str) -> None:
    talk, _, _ = scripted(tmp_path, "prompt\nsend id\ntimeout 0.3\nexpect uid", answer)
    assert talk.failed.startswith(said)
