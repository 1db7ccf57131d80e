# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark: whole commands as a user runs them, against the least they could cost.

    .venv/bin/python tests/bench/run.py [--runs N] [--cold] [--write docs/benchmark.md]

Each comparison runs both sides in turn, A B A B, and reports medians, spread and the ratio pair
by pair, so that a machine whose speed drifts does not spoil it. --cold adds a build from empty
caches, ccache off.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ORCHESTRATE = Path(sys.executable).with_name("orchestrate")
BOOT = (str(ORCHESTRATE), "boot", "--config", "numa")
TESTS = Path(__file__).resolve().parents[1]
SEED = TESTS.parents[1] / "shared/seed/000_f46fe23397ef2afe.txt"
OWN_PATCH = TESTS / "patches" / "rename-only.patch"
TOPOLOGIES = ("numa1", "numa2", "numa4", "numa8")


def timed(command: Sequence[str], **env: str) -> float:
    """Wall seconds of a command that must succeed."""
    start = time.monotonic()
    done = subprocess.run(
        command,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    took_s = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return took_s


def spread(values: Sequence[float]) -> str:
    """ "1.23 (1.20 to 1.31)": median, least, most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def pairs(runs: int, a: Sequence[str], b: Sequence[str]) -> tuple[list[float], list[float]]:
    """Both in turn, after one uncounted run of each."""
    timed(a)
    timed(b)
    both = [(timed(a), timed(b)) for _ in range(runs)]
    return [first for first, _ in both], [second for _, second in both]


def row(name: str, a: Sequence[float], b: Sequence[float], against: str) -> str:
    ratio = spread([x / y for x, y in zip(a, b, strict=True)])
    return f"| {name} | {spread(a)} | {against} | {spread(b)} | {ratio} |"


def warm(runs: int, folder: Path) -> list[str]:
    """Each topology: the whole command against its own replay script, which is QEMU alone."""
    rows = []
    for name in TOPOLOGIES:
        run_dir = folder / name
        timed((*BOOT, "--topology", name, "--run-dir", str(run_dir)))
        command = (*BOOT, "--topology", name)
        whole, raw = pairs(runs, command, [str(run_dir / "replay.sh")])
        rows.append(row(f"warm boot, {name}", whole, raw, "replay.sh of the same run"))
    return rows


def help_text(runs: int) -> str:
    a, b = pairs(runs, [str(ORCHESTRATE), "--help"], [sys.executable, "-c", "pass"])
    return row("--help", a, b, "python -c pass")


def cold(folder: Path) -> list[str]:
    """Stages of one run from empty caches and of a patched one after it, and their ratio."""
    env = {"ORCHESTRATE_CACHE": str(folder / "cache"), "CCACHE_DISABLE": "1"}
    rows, builds = [], []
    patch = SEED if SEED.is_file() else OWN_PATCH
    for name, extra in (("cold", ()), (f"then with {patch.name}", ("--patch", str(patch)))):
        run_dir = folder / f"run{len(builds)}"
        timed((*BOOT, *extra, "--run-dir", str(run_dir)), **env)
        stages = json.loads((run_dir / "run.json").read_text())["stages"]
        rows += [f"| {name}: {stage['stage']} | {stage['took_s']:.1f} |" for stage in stages]
        builds += [stage["took_s"] for stage in stages if stage["stage"] == "build"]
    rows.append(f"| patched build / cold build | {builds[1] / builds[0]:.3f} |")
    return rows


def machine() -> str:
    qemu = subprocess.run(
        ["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True
    ).stdout.split("\n")[0]
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {qemu}, TCG"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="counted pairs (5)")
    parser.add_argument("--cold", action="store_true", help="also build from empty caches")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page here, too")
    options = parser.parse_args()
    lines = ["# Benchmark", "", f"Made by tests/bench/run.py: {machine()}.", ""]
    lines += ["Seconds of wall clock, median (least to most); the ratio is taken pair by pair.", ""]
    lines += ["| command | seconds | against | seconds | ratio |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory(prefix="orchestrate-bench-") as name:
        folder = Path(name)
        lines += warm(options.runs, folder)
        lines.append(help_text(options.runs))
        if options.cold:
            lines += ["", "From empty caches, without ccache:", "", "| stage | seconds |"]
            lines += ["|---|---|", *cold(folder)]
    page = "\n".join(lines) + "\n"
    print(page, end="")
    if options.write:
        options.write.write_text(page)


if __name__ == "__main__":
    main()
