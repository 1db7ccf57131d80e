# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate boot` as a user would run it, and what is left of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

TESTS = Path(__file__).resolve().parents[1]
RED_SUITES = TESTS / "kmod-red"
PATCHES = TESTS / "patches"
BUGS = TESTS / "mutants/bugs"
CLEAN = TESTS / "mutants/clean"
COMMAND = (sys.executable, "-m", "orchestrator")


@dataclass(frozen=True)
class Done:
    """One finished `orchestrate boot`. run: run.json, {} if there is none."""

    returncode: int
    stdout: str
    stderr: str
    run_dir: Path
    run: dict[str, Any]

    @property
    def verdict(self) -> str:
        return str(self.run.get("verdict", ""))

    @property
    def checks(self) -> set[str]:
        """Names of the checks that found something."""
        return {finding["check"] for finding in self.run.get("findings", ())}

    def explain(self) -> str:
        """For a failed assertion."""
        return f"exit {self.returncode}\n{self.stdout}\n{self.stderr}"


Boot = Callable[..., Done]
Compare = Callable[..., tuple[int, dict[str, Any], str]]


def qemu_children(pid: int) -> list[int]:
    """QEMU processes below `pid`, the sandbox's own between them."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        name, _, rest = stat.partition("(")[2].rpartition(")")
        parents[int(entry.name)] = (int(rest.split()[1]), name)

    def below(child: int) -> bool:
        while child in parents:
            child = parents[child][0]
            if child == pid:
                return True
        return False

    return [each for each, (_, name) in parents.items() if name.startswith("qemu") and below(each)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def boots_by_hand(done: Done, timeout_s: float) -> None:
    """Its replay.sh brings up the same machine again, to the end."""
    again = subprocess.run(
        [str(done.run_dir / "replay.sh")],
        capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert "reboot: Power down" in again.stdout
    out = Path(again.stderr.split("channels: ")[1].split()[0])
    assert f"end {done.run['plan']['nonce']}" in (out / "results.log").read_text()


def guest_with(command: str) -> tuple[subprocess.Popen[str], IO[str], IO[str]]:
    """(orchestrate shell, its standard input and output) with a guest in which the command, which
    begins with `cat`, is known to run."""
    words = ["shell", "--config", "numa", "--topology", "numa2", "--", command]
    guest = subprocess.Popen(
        [*COMMAND, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert guest.stdin and guest.stdout
    guest.stdin.write("up\n")
    guest.stdin.flush()
    assert guest.stdout.readline() == "up\n"
    return guest, guest.stdin, guest.stdout
