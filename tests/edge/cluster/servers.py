# SPDX-License-Identifier: GPL-2.0-only
"""Servers that artefacts go to in the tests: a real sshd with keys of its own, and S3 by moto."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(port: int, within_s: float = 20) -> None:
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens at {port}")


def keygen(file: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True, timeout=20
    )


@contextlib.contextmanager
def sshd(folder: Path, *, known: bool = True) -> Iterator[tuple[str, Path]]:
    """(sftp://… of a folder, home directory whose .ssh lets one in). known: its host key is."""
    assert SSHD
    home, server = folder / "home", folder / "sshd"
    dot_ssh = home / ".ssh"
    for each in (dot_ssh, server, folder / "place"):
        each.mkdir(parents=True, mode=0o700)
    keygen(dot_ssh / "id_test")
    keygen(server / "host_key")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    shutil.copy(dot_ssh / "id_test.pub", server / "authorized_keys")
    config = server / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {server}/host_key\nPidFile none\n"
        f"AuthorizedKeysFile {server}/authorized_keys\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        "Subsystem sftp internal-sftp\n"
    )
    host_key = (server / "host_key.pub").read_text().split()[:2]
    line = f"[127.0.0.1]:{port} {' '.join(host_key)}\n" if known else ""
    (dot_ssh / "known_hosts").write_text(line)
    (dot_ssh / "config").write_text(
        f"Host 127.0.0.1\n  IdentityFile {dot_ssh}/id_test\n"
        f"  UserKnownHostsFile {dot_ssh}/known_hosts\n"
    )
    daemon = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(config)], stderr=(server / "log").open("wb")
    )
    try:
        wait_for(port)
        user = getpass.getuser()
        yield f"sftp://{user}@127.0.0.1:{port}{folder}/place", home
    finally:
        daemon.kill()
        daemon.wait()


@contextlib.contextmanager
def s3(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """(s3://… with an empty bucket of this machine, environment that leads clients there)."""
    port = free_port()
    with (folder / "moto.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(port, 60)
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/nights", method="PUT")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        direct.open(asked, timeout=60).close()
        environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "no_proxy": "127.0.0.1",
        }
        yield "s3://nights", environment
    finally:
        server.kill()
        server.wait()
