# SPDX-License-Identifier: GPL-2.0-only
"""SSH to a real sshd with the keys of a run, copies, and a host that is another one."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pexpect
import pytest

from orchestrator.edge import live
from orchestrator.edge.ssh import connect, copy, keys, talk
from orchestrator.model.errors import InfrastructureError, UsageError

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")
needs_sshd = pytest.mark.skipif(
    not SSHD or os.getuid() != 0, reason="needs sshd and to be root, as in the guest"
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of a run, whose guest is an sshd on this host's loopback."""
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    run_dir = tmp_path / "runs" / "shell-1"
    run_dir.mkdir(parents=True)
    port = live.free_port(own_network=False)
    server = tmp_path / "server"
    server.mkdir(mode=0o700)
    for name, data in keys.make(run_dir).items():
        text = data.replace(b"/job/ssh", str(server).encode())
        text = text.replace(b"Port 22\n", f"Port {port}\nListenAddress 127.0.0.1\n".encode())
        (server / name).write_bytes(text)
        (server / name).chmod(0o600)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    assert SSHD
    argv = [SSHD, "-D", "-e", "-o", "PidFile=none", "-f", str(server / "sshd_config")]
    with subprocess.Popen(argv, stderr=(server / "log").open("wb")) as daemon:
        live.announce(run_dir, daemon.pid, port, own_network=False)
        try:
            yield run_dir
        finally:
            daemon.kill()


@needs_sshd
def test_keys_are_private_and_fresh(tmp_path: Path) -> None:
    one, other = tmp_path / "1", tmp_path / "2"
    for folder in (one, other):
        folder.mkdir()
    assert keys.make(one)["host_key"] != keys.make(other)["host_key"]
    assert stat.S_IMODE((one / "ssh").stat().st_mode) == 0o700
    assert stat.S_IMODE((one / "ssh" / "client_key").stat().st_mode) == 0o600


@needs_sshd
def test_commands(run: Path) -> None:
    def ssh(*argv: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "orchestrator", "ssh", *argv],
            input=stdin, capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    done = ssh("latest", "cat; echo bad >&2; exit 9", stdin=b"\0\xff" * 100_000)
    assert (done.returncode, done.stdout) == (9, b"\0\xff" * 100_000) and done.stderr == b"bad\n"
    done = ssh("shell-1", "printf", "%s|", "a b", "$HOME")
    assert (done.returncode, done.stdout) == (0, b"a b|$HOME|")
    assert ssh(str(run), stdin=b"exit 4\n").returncode == 4
    assert ssh("shell-1", "kill -9 $$").returncode == 3  # no status came


@needs_sshd
def test_a_shell_on_a_terminal(run: Path) -> None:
    argv = ["-m", "orchestrator", "ssh", "latest"]
    child = pexpect.spawn(sys.executable, argv, timeout=30, dimensions=(33, 99))
    child.expect(rb"[#$] ")
    child.send(b"stty size\r")
    child.expect(rb"33 99\r\n")
    child.setwinsize(41, 90)
    time.sleep(0.5)
    child.send(b"stty size\r")
    child.expect(rb"41 90\r\n")
    child.send(b"cat\r")
    child.send(b"\x1d")
    child.expect(b"the guest goes on")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@needs_sshd
def test_a_command_on_a_terminal(run: Path) -> None:
    argv = ["-m", "orchestrator", "ssh", "-t", "latest", "stty size; cat; exit 7"]
    child = pexpect.spawn(sys.executable, argv, timeout=30, dimensions=(21, 87))
    child.expect(rb"21 87\r\n")
    child.send(b"typed\r")
    child.expect(rb"typed\r\ntyped\r\n")  # by the terminal, and by cat
    child.send(b"\x04")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 7
    child = pexpect.spawn(sys.executable, [*argv[:-1], "test", "-t", "1"], timeout=30)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    piped = [sys.executable, *argv]
    done = subprocess.run(piped, input=b"", capture_output=True, timeout=60, check=False)
    assert done.returncode == 2 and b"-t without a terminal" in done.stderr


@needs_sshd
def test_another_host_is_refused_before_anything_is_sent(run: Path) -> None:
    shutil.rmtree(run / "ssh")
    keys.make(run)
    refused = pytest.raises(InfrastructureError, match="host key of this run")
    with refused, connect.connected(str(run)):
        pass
    log = (run.parents[1] / "server" / "log").read_text()
    assert "Accepted" not in log and "Failed" not in log


@needs_sshd
def test_a_run_that_ended(run: Path) -> None:
    file = run / live.FILE
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "started": told["started"] - 1}))  # its pid is another's
    with pytest.raises(UsageError, match="does not run"), connect.connected("shell-1"):
        pass
    live.withdraw(run)
    for name in ("shell-1", "latest", "no-such"):
        with pytest.raises(UsageError), connect.connected(name):
            pass


@needs_sshd
def test_copies_both_ways(run: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "in").mkdir(parents=True)
    (tree / "in" / "x").write_bytes(os.urandom(200_000))
    (tree / "in" / "x").chmod(0o4750)
    (tree / "link").symlink_to("/etc/passwd")
    told: list[str] = []
    there = tmp_path / "there"
    with connect.connected("latest") as transport, sftp(transport) as files:
        copy.put(files, tree, str(there), told.append)
        assert any("link" in line for line in told)
        assert (there / "in" / "x").read_bytes() == (tree / "in" / "x").read_bytes()
        (there / "away").symlink_to("/etc")
        copy.get(files, str(there), tmp_path / "back", told.append)
        back = tmp_path / "back"
        assert (back / "in" / "x").read_bytes() == (tree / "in" / "x").read_bytes()
        assert stat.S_IMODE((back / "in" / "x").stat().st_mode) == 0o750
        assert not (back / "away").exists() and "away" in told[-1]
        # A link of the guest's name on this side is not written through.
        trap = tmp_path / "trap"
        (tmp_path / "victim").write_text("mine")
        trap.symlink_to(tmp_path / "victim")
        with pytest.raises(UsageError):
            copy.get(files, str(there / "in" / "x"), trap, told.append)
        assert (tmp_path / "victim").read_text() == "mine"


@contextlib.contextmanager
def sftp(transport: paramiko.Transport) -> Iterator[paramiko.SFTPClient]:
    client = transport.open_sftp_client()
    assert client
    with client:
        yield client


class Hostile:
    """What copy.get() asks of an SFTP client, answered by a guest that wants out."""

    def __init__(self, name: str) -> None:
        self.name = name

    def stat(self, path: str) -> paramiko.SFTPAttributes:
        found = paramiko.SFTPAttributes()
        found.st_mode = stat.S_IFDIR | 0o755
        return found

    def listdir_attr(self, path: str) -> list[paramiko.SFTPAttributes]:
        entry = paramiko.SFTPAttributes()
        entry.filename, entry.st_mode = self.name, stat.S_IFREG | 0o644
        return [entry]

    def getfo(self, source: str, file: io.BytesIO) -> None:
        file.write(b"got out")


@pytest.mark.parametrize("name", ["../out", "..", "/tmp/out", "a/b", "", "x\0y"])
def test_names_that_lead_out(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing more is copied"):
        copy.get(Hostile(name), "/x", tmp_path / "new", print)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.rglob("*")] == ["new"]


def test_a_port_where_nobody_speaks_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "PATIENCE_S", 1.0)
    monkeypatch.setattr(connect, "BANNER_S", 1.0)
    keys.make(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        live.announce(tmp_path, os.getpid(), server.getsockname()[1], own_network=False)
        closing = threading.Thread(target=_hang_up, args=(server,), daemon=True)
        closing.start()
        in_vain = pytest.raises(InfrastructureError, match="does not answer")
        with in_vain, connect.connected(str(tmp_path)):
            pass
    assert logging.getLogger("paramiko").handlers  # else each attempt would print a traceback


def _hang_up(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            server.accept()[0].close()


def test_leaving_is_no_status() -> None:
    assert talk.LEFT < 0
