# SPDX-License-Identifier: GPL-2.0-only
"""The boot tier runs `orchestrate` as a user would, on the shared cache, and reads run.json."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
RED_SUITES = TESTS / "kmod-red"
PATCHES = TESTS / "patches"
COMMAND = (sys.executable, "-m", "orchestrator")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.boot)


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


@pytest.fixture(scope="session")
def boot(tmp_path_factory: pytest.TempPathFactory) -> Boot:
    """orchestrate boot with these arguments; numa unless --config is among them."""

    def run(*args: str, timeout_s: float = 1800) -> Done:
        run_dir = tmp_path_factory.mktemp("run")
        config = () if "--config" in args else ("--config", "numa")
        done = subprocess.run(
            [*COMMAND, "boot", *config, *args, "--run-dir", str(run_dir)],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        file = run_dir / "run.json"
        document = json.loads(file.read_text()) if file.is_file() else {}
        return Done(done.returncode, done.stdout, done.stderr, run_dir, document)

    return run


@pytest.fixture(scope="session")
def green(boot: Boot) -> Done:
    """One green run on four nodes."""
    return boot()


def qemu_children(pid: int) -> list[int]:
    """QEMU processes below `pid`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        name, _, rest = stat.partition("(")[2].rpartition(")")
        if int(rest.split()[1]) == pid and name.startswith("qemu"):
            found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
