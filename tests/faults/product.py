# SPDX-License-Identifier: GPL-2.0-only
"""One `orchestrate` as it runs: what it said so far, its QEMU, its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_S = 120.0  # for anything a case waits for


@dataclass(frozen=True)
class Seen:
    """What came of a run, in the terms of expected.toml. told: all it printed."""

    verdict: str
    exit: int
    fault: str
    told: str
    took_s: float


class Running:
    """A started process. run_dir: where its run is."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], cwd: Path, run_dir: Path
    ) -> None:
        self.run_dir = run_dir
        self.lines: list[str] = []
        self.began_s = time.monotonic()
        self.process = subprocess.Popen(
            command, env=env, cwd=cwd, text=True, errors="replace", start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)

    def until(self, condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
        """Wait until it holds. TimeoutError if it does not, or the process ends before."""
        end = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end or self.process.poll() is not None:
                raise TimeoutError(f"what was waited for never came; it said:\n{self.told}")
            time.sleep(0.005)

    def says(self, start: str) -> None:
        """Wait for a line that begins like this."""
        self.until(lambda: any(line.startswith(start) for line in list(self.lines)))

    def in_suite(self) -> int:
        """Wait until the guest runs a suite; QEMU's pid."""
        results = self.run_dir / "results.log"
        self.until(
            lambda: results.is_file() and "suite-begin" in results.read_text(errors="replace")
        )
        return self.qemu()

    def qemu(self) -> int:
        """Wait for its QEMU; the pid."""
        found: list[int] = []
        self.until(lambda: found.extend(_descendants(self.process.pid, "qemu-system")) or found)
        return found[0]

    def signal(self, number: signal.Signals) -> None:
        """To its process group, as a terminal does."""
        os.killpg(self.process.pid, number)

    @property
    def told(self) -> str:
        return "".join(self.lines)

    @property
    def document(self) -> dict[str, Any]:
        """run.json, {} if there is none."""
        try:
            return dict(json.loads((self.run_dir / "run.json").read_text()))
        except (OSError, ValueError):
            return {}

    def end(self, limit_s: float = LIMIT_S) -> Seen:
        """Wait for its end. One that does not end in time is killed, and its verdict is "hung"."""
        try:
            code = self.process.wait(max(0.1, self.began_s + limit_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = 124
        took_s = time.monotonic() - self.began_s
        self._reader.join(2)
        verdict, fault = self._verdict(code)
        return Seen(verdict, code, fault, self.told, took_s)

    def _verdict(self, code: int) -> tuple[str, str]:
        if code in _WORDS:
            return _WORDS[code]
        run = self.document
        if run:
            findings = run["findings"]
            return str(run["verdict"]), str(findings[0]["fault"]) if findings else "-"
        return ("infrastructure", "ours") if code == 3 else ("none", "-")


# What has no verdict of a kernel, by exit code.
_WORDS = {
    124: ("hung", "ours"),
    130: ("interrupted", "-"),
    2: ("usage", "-"),
    -signal.SIGKILL: ("killed", "-"),
}


def _descendants(pid: int, name: str) -> list[int]:
    """Processes below pid, in a sandbox or not, whose program is called so."""
    parents: dict[int, int] = {}
    named = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                rest = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(rest[1])
                if (entry / "exe").readlink().name.startswith(name) and rest[0] != "Z":
                    named.append(int(entry.name))
        except OSError:
            continue
    return [each for each in named if _is_below(each, pid, parents)]


def _is_below(pid: int, top: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == top:
            return True
    return False
