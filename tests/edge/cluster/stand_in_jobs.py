# SPDX-License-Identifier: GPL-2.0-only
"""Jobs that workers run in the tests: small, and each leaves a trace in a folder."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from orchestrator.edge.cluster import on_worker
from orchestrator.edge.cluster.client import WrongWorker


def _trace(order: dict[str, Any], word: str) -> None:
    name = f"{order['name']}.{word}.{os.getpid()}.{secrets.token_hex(3)}"
    (Path(order["folder"]) / name).write_text("")


def slow(order: dict[str, Any]) -> str:
    """Takes order["takes_s"], and says its name."""
    with on_worker.wanted() as stop:
        _trace(order, "began")
        stop.wait(order["takes_s"])
        if not stop.is_set():
            _trace(order, "ended")
    return f"{order['name']} by {socket.gethostname()}"


def machine(order: dict[str, Any]) -> str:
    """Has a process that ends when nobody wants the job any more."""
    with on_worker.wanted() as stop:
        child = subprocess.Popen(["sleep", "600"])
        (Path(order["folder"]) / "pid").write_text(str(child.pid))
        stop.wait(600)
        child.kill()
        child.wait()
    return "ended"


def murderous(order: dict[str, Any]) -> str:
    """Kills whoever runs it."""
    _trace(order, "began")
    time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def picky(order: dict[str, Any]) -> str | WrongWorker:
    """Runs on workers of one name alone."""
    from distributed import get_worker

    _trace(order, "began")
    name = str(get_worker().name)
    return name if name == order["only"] else WrongWorker(f"not {name}")


def where(_order: object) -> str:
    from distributed import get_worker

    return str(get_worker().name)


def raises(_order: object) -> str:
    raise ValueError("a\x1b[31m bug")
