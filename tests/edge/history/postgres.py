# SPDX-License-Identifier: GPL-2.0-only
"""A PostgreSQL server of our own: a folder in /tmp, a UNIX socket in it, no network."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

OWNER = "orchestrate"
_STARTS_S = 60
_USERS = ("postgres", "nobody")  # it refuses to run as root
_numbers = itertools.count()


def program(name: str) -> str:
    """Where it is, "" if it is not installed. Debian keeps those of the server out of PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else "")


def installed() -> bool:
    """Can a server be started here?"""
    return bool(program("postgres") and program("initdb"))


class Server:
    """One that runs. Each test gets a database of its own. process: None while it is down."""

    def __init__(self, folder: Path, user: str | None) -> None:
        self.folder = folder
        self.user = user
        self.process: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """As a host that loses power: no client is told."""
        if self.process:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=60)
            self.process = None

    def start(self) -> None:
        """On the data it has. What an earlier one left running may take a moment to see its
        end."""
        until = time.monotonic() + _STARTS_S
        while self.process is None:
            try:
                self.process = _started(self)
            except RuntimeError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def stop(self) -> None:
        """ "fast": it throws its clients out."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)
            self.process = None

    def new_database(self) -> str:
        """The URL of an empty one."""
        name = f"history_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        """Of a database."""
        return f"postgresql://{OWNER}@/{name}?host={self.folder}"

    def sql(self, command: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """What it answers to a command."""
        import psycopg

        where = f"host={self.folder} dbname={database} user={OWNER}"
        with psycopg.connect(where, autocommit=True) as connection:
            answer = connection.execute(command)  # type: ignore[call-overload]
            return answer.fetchall() if answer.description else []


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A server, ended by its process id when the tests are done, or die."""
    folder = Path(tempfile.mkdtemp(prefix="orch-pg-"))  # short, as a socket's path must be
    user = _unprivileged()
    running = Server(folder, user)
    try:
        if user:
            shutil.chown(folder, user)
        made = [program("initdb"), "-D", f"{folder}/data", "-U", OWNER, "-A", "trust", "-N"]
        subprocess.run(made, user=user, cwd=folder, check=True, capture_output=True, timeout=120)
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str | None:
    if os.geteuid():
        return None
    there = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _USERS if name in there)


def _started(server: Server) -> subprocess.Popen[bytes]:
    folder, user = server.folder, server.user
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "unix_socket_permissions": "0777",
        "fsync": "off",
        "max_connections": "50",
        "shared_buffers": "16MB",
    }
    options = [each for key, value in settings.items() for each in ("-c", f"{key}={value}")]
    command = [program("postgres"), "-D", f"{folder}/data", *options]
    dies_with_us = ["setpriv", "--pdeathsig", "INT", "--"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*dies_with_us, *command], user=user, cwd=folder,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # fmt: skip
    try:
        _wait(server, process)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    until = time.monotonic() + _STARTS_S
    while True:
        try:
            server.sql("SELECT 1")
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                log = (server.folder / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
            time.sleep(0.05)
