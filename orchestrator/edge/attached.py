# SPDX-License-Identifier: GPL-2.0-only
"""A command in the foreground: on our terminal, in our process group, so that it shows its progress
and Ctrl-C reaches it as it reaches us. (process.py has those that work for us unseen.)"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from orchestrator.edge.git import GIT, LEAKS
from orchestrator.edge.process import guarded, run
from orchestrator.model.errors import InfrastructureError

END_S = 20.0  # what it has for cleaning up, from SIGTERM to SIGKILL


def run_attached(argv: Sequence[str], cwd: Path, timeout_s: float) -> int | None:
    """Its exit status; None if it had to be ended, since timeout_s had passed. What it prints goes
    to standard error.

    On Ctrl-C it is waited for, and KeyboardInterrupt goes on. Raises InfrastructureError if it
    cannot be started.
    """
    env = {name: value for name, value in os.environ.items() if name not in LEAKS}
    sys.stderr.flush()
    try:
        process = subprocess.Popen(
            _guarded(argv), cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno()
        )
    except OSError as error:
        raise InfrastructureError(f"cannot run {argv[0]}: {error.strerror}") from error
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def run_unseen(argv: Sequence[str], cwd: Path, timeout_s: float) -> int | None:
    """The same for whoever takes what is printed for an answer: nothing is."""
    begun = time.monotonic()
    try:
        return run([*GIT[:-1], *argv], cwd=cwd, timeout_s=timeout_s).returncode
    except InfrastructureError:
        if time.monotonic() - begun < timeout_s:
            raise
        return None


def _guarded(argv: Sequence[str]) -> list[str]:
    """It is told to end when we die, and has time to."""
    return ["TERM" if word == "KILL" else word for word in guarded(argv)[: -len(argv)]] + [*argv]


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
