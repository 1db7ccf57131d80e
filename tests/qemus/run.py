#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What depends on QEMU, with each QEMU there is: boots, kept states, red suites, gdb, sessions.

    tox -e qemus                                   # the system's alone
    tox -e qemus -- ~/qemus/*/bin                  # and those of these folders
    tox -e qemus -- ~/qemus/*/bin -- -k forks      # words for pytest behind --

The boot tier's own tests run, with ORCHESTRATE_QEMU set; nothing is asserted here besides. Prints
a row of docs/compat.md for each; exit status 1 if a test of any failed. Folders are made by
tests/qemus/fetch.py.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.edge.accelerator import QEMU
from orchestrator.edge.qemu_program import VARIABLE, program, version

BOOT = Path(__file__).resolve().parents[1] / "boot"
FILES = ("forks", "green", "red", "autopsy", "gdb", "record", "shell")
BOOTS = 3
HEAD = """\
| QEMU | passed | failed | skipped | boot, s | kept state, s |
|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Row:
    """tests: (passed, failed, skipped); times: seconds, medians of BOOTS, cold and forked."""

    version: str
    tests: tuple[int, int, int]
    failed: tuple[str, ...]
    times_s: tuple[float, float]


def environment(folder: str) -> dict[str, str]:
    """folder: "" for the system's QEMU."""
    env = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return {**env, VARIABLE: folder} if folder else env


def tested(env: Mapping[str, str], words: Sequence[str]) -> tuple[tuple[int, int, int], list[str]]:
    """(passed, failed, skipped), and names of those that failed."""
    files = [str(BOOT / f"test_{name}.py") for name in FILES]
    with tempfile.TemporaryDirectory(prefix="orchestrate-qemus-") as folder:
        report = Path(folder) / "junit.xml"
        argv = [sys.executable, "-m", "pytest", "-m", "not slow", f"--junitxml={report}"]
        subprocess.run([*argv, *files, *words], env=env, check=False)
        cases = list(ET.parse(report).getroot().iter("testcase"))
    failed = [f"{each.get('classname')}.{each.get('name')}" for each in cases
              if each.find("failure") is not None or each.find("error") is not None]  # fmt: skip
    skipped = sum(each.find("skipped") is not None for each in cases)
    return (len(cases) - len(failed) - skipped, len(failed), skipped), failed


def boot_s(env: Mapping[str, str], *words: str) -> float:
    """Of one suite, from QEMU's start to its end; the median of a few."""
    times = []
    for _ in range(BOOTS):
        argv = [sys.executable, "-m", "orchestrator", "boot", "--config", "numa"]
        done = subprocess.run(
            [*argv, "--suite", "create", *words, "--json", "-"],
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        stages = json.loads(done.stdout)["stages"] if done.stdout else []
        times += [each["took_s"] for each in stages if each["stage"] == "boot"]
    return statistics.median(times) if times else float("nan")


def row(folder: str, words: Sequence[str]) -> Row:
    env = environment(folder)
    os.environ.update({VARIABLE: env.get(VARIABLE, "")})
    told = version(program(QEMU))
    tests, failed = tested(env, words)
    return Row(told, tests, tuple(failed), (boot_s(env, "--cold"), boot_s(env)))


def shown(one: Row) -> str:
    """As a row of docs/compat.md."""
    name = one.version.removeprefix("QEMU emulator version ")
    passed, failed, skipped = one.tests
    cold, forked = one.times_s
    return f"| {name} | {passed} | {failed} | {skipped} | {cold:.1f} | {forked:.1f} |"


def main(argv: Sequence[str]) -> int:
    if {"-h", "--help"} & set(argv):
        print(__doc__)
        return 0
    at = argv.index("--") if "--" in argv else len(argv)
    rows = []
    for folder in ("", *argv[:at]):
        rows.append(row(folder and str(Path(folder).absolute()), argv[at + 1 :]))
        print(shown(rows[-1]), flush=True)
    print(HEAD)
    for one in rows:
        print(shown(one))
        for name in one.failed:
            print(f"  failed: {name}")
    return 1 if any(one.failed for one in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
