# SPDX-License-Identifier: GPL-2.0-only
"""Runs what is measured: whole commands, as a user would, each against the clock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ORCHESTRATE = Path(sys.executable).with_name("orchestrate")
BOOT = (str(ORCHESTRATE), "boot", "--config", "numa")
TOPOLOGIES = ("numa1", "numa2", "numa4", "numa8")
# Without these, Python would translate every file again, or write in pieces: no user's case.
_UNUSUAL = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
_SHOWN = 1500  # characters of what a command said that failed


@dataclass(frozen=True)
class Bench:
    """How to measure. runs: counted ones of each; quick: fewer sizes, to see that all works;
    folder: for files, gone afterwards; kernels: images for virtme-ng besides our own."""

    runs: int
    quick: bool
    folder: Path
    kernels: tuple[Path, ...] = ()


class CommandFailed(Exception):
    """A command that must succeed did not: its section cannot be measured."""


def as_a_user(folder: Path) -> None:
    """Make our environment, which commands inherit, a user's, with this Python's commands in PATH:
    vng starts others of its own. Runs are kept in folder.
    """
    for name in _UNUSUAL:
        os.environ.pop(name, None)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["ORCHESTRATE_RUNS"] = str(folder / "runs")


def run(argv: Sequence[str], *, ok: Sequence[int] = (0,), **env: str) -> tuple[float, str]:
    """Wall seconds and output of a command. CommandFailed for an exit code that is not in ok."""
    start = time.monotonic()
    done = subprocess.run(
        argv,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    took_s = time.monotonic() - start
    if done.returncode not in ok:
        said = f"{done.stdout}{done.stderr}"[-_SHOWN:]
        raise CommandFailed(f"{' '.join(argv)} ended with {done.returncode}:\n{said}")
    return took_s, done.stdout + done.stderr


def timed(argv: Sequence[str], ok: Sequence[int] = (0,)) -> Callable[[], float]:
    """A side of interleaved(): the wall seconds of a whole command."""
    return lambda: run(argv, ok=ok)[0]


def interleaved(
    runs: int, sides: Mapping[str, Callable[[], float]]
) -> dict[str, tuple[float, ...]]:
    """All sides in turn, A B A B, after one uncounted run of each."""
    for side in sides.values():
        side()
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, side in sides.items():
            taken[name].append(side())
    return {name: tuple(values) for name, values in taken.items()}


def document(run_dir: Path) -> dict[str, Any]:
    """run.json."""
    return dict(json.loads((run_dir / "run.json").read_text()))
