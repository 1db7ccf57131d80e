# SPDX-License-Identifier: GPL-2.0-only
"""Real schedulers and workers on this machine, ended by their pids."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from servers import free_port, wait_for

from orchestrator.model.cluster import Tls

HERE = Path(__file__).parent
JOIN_S = 90.0


class Process:
    """One that was started, with what it printed in a file."""

    def __init__(
        self, argv: list[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        path = os.pathsep.join((str(HERE), *sys.path[:1], os.environ.get("PYTHONPATH", "")))
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                argv,
                stdout=file,
                stderr=file,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path, **(environment or {})},
            )

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str, within_s: float = JOIN_S) -> None:
        end_s = time.monotonic() + within_s
        while text not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end_s, self.said
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def end(self) -> int:
        """SIGTERM, and its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(40)
        finally:
            self.kill()


@contextlib.contextmanager
def scheduler(folder: Path, tls: Tls | None = None) -> Iterator[str]:
    """Its address."""
    port = free_port()
    argv = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"]
    argv += ["--port", str(port), "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    if tls:
        argv += ["--protocol", "tls", "--tls-ca-file", tls.ca]
        argv += ["--tls-cert", tls.cert, "--tls-key", tls.key]
    process = Process(argv, folder / "scheduler.log")
    try:
        wait_for(port, 60)
        yield f"{'tls' if tls else 'tcp'}://127.0.0.1:{port}"
    finally:
        process.kill()


def worker(
    address: str,
    folder: Path,
    name: str,
    *more: str,
    environment: Mapping[str, str] | None = None,
) -> Process:
    """`orchestrate nightly worker`, with a cache of its own."""
    argv = [sys.executable, "-m", "orchestrator", "nightly", "worker", address, "--name", name]
    own = {"ORCHESTRATE_CACHE": str(folder / f"cache-{name}")}
    return Process([*argv, *more], folder / f"{name}.log", own | dict(environment or {}))


@contextlib.contextmanager
def workers(
    address: str, folder: Path, *names: str, more: tuple[str, ...] = ()
) -> Iterator[list[Process]]:
    """Several that have joined, each with one slot unless more says so."""
    options = more or ("--slots", "1", "--memory", "2000")
    started = [worker(address, folder, name, *options) for name in names]
    try:
        for one in started:
            one.wait_for("joined ")
        yield started
    finally:
        for one in started:
            one.kill()
