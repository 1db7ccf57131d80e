# SPDX-License-Identifier: GPL-2.0-only
"""How long a night takes, and how much of it is not work: 2 trees × 3 configurations × 4
topologies, all suites, on real kernels and machines.

    python tests/bench/nightly_bench.py --work ~/night-bench -n 3

The second tree is a copy of the first with a patch that changes nothing; both it and the runs are
in --work. The first night builds whatever is missing and is not measured. Exit code 1 if a night
took longer than the goal, or more of it was overhead, or a cell was not green.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from orchestrator.config.source_spec import DefaultSource
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.progress import silent

GOAL_S = 60.0
GOAL_OVERHEAD = 0.05
PATCH = Path(__file__).resolve().parents[1] / "mutants" / "clean" / "comments.patch"
CONFIGS = ("numa", "nonuma", "numa,lockdep")
TOPOLOGIES = ("numa1", "numa2", "memoryless", "numa4")


@dataclass(frozen=True)
class Measured:
    """One night. wall_s: of the whole command, as its caller sees it. ideal_s: what its builds and
    boots took, laid out on the slots without a gap."""

    wall_s: float
    ideal_s: float
    told_overhead: float
    retries: int
    counts: dict[str, int]
    load: float

    @property
    def overhead(self) -> float:
        """All that is no build and no boot: Python's start, reading trees, order, reports."""
        return 1 - self.ideal_s / self.wall_s


def second_tree(work: Path) -> Path:
    """The default tree with a patch in it."""
    tree = work / "tree"
    if not tree.is_dir():
        half = work / "tree.partial"
        shutil.rmtree(half, ignore_errors=True)
        source = fetch(DefaultSource(), Store(cache_root()), silent).path
        shutil.copytree(source, half, symlinks=True)
        subprocess.run(["patch", "-p1", "-i", str(PATCH)], cwd=half, check=True)
        half.rename(tree)
    return tree


def write_matrix(work: Path, configs: list[str], topologies: list[str]) -> Path:
    """Of both trees."""
    path = work / "bench.toml"
    path.write_text(
        f"configs = {json.dumps(configs)}\ntopologies = {json.dumps(topologies)}\n"
        f'[trees]\nfirst = "default"\nsecond = "{second_tree(work)}"\n'
    )
    return path


def night(matrix: Path, more: list[str]) -> tuple[float, dict[str, Any]]:
    """(seconds, night.json)."""
    told = matrix.with_name("night.json")
    told.unlink(missing_ok=True)
    env = {**os.environ, "ORCHESTRATE_RUNS": str(matrix.parent / "runs")}
    env.pop("ORCHESTRATE_HISTORY", None)
    argv = [sys.executable, "-m", "orchestrator", "nightly", "run", str(matrix), *more]
    argv += ["--fresh", "--json", str(told)]
    began_s = time.monotonic()
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    took_s = time.monotonic() - began_s
    if not told.is_file():
        sys.exit(f"no result, exit {done.returncode}\n{done.stderr[-2000:]}")
    print(f"{took_s:.1f} s: {done.stdout.strip().splitlines()[-1]}", flush=True)
    return took_s, dict(json.loads(told.read_text()))


def measured(matrix: Path, more: list[str]) -> Measured:
    load = os.getloadavg()[0]
    wall_s, told = night(matrix, more)
    tries = sum(len(cell["attempts"]) for cell in told["cells"])
    spent = told["spent"]
    counts = {word: count for word, count in told["counts"].items() if count}
    retries = tries - len(told["cells"])
    return Measured(wall_s, spent["ideal_s"], spent["overhead"], retries, counts, load)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for tree and runs")
    parser.add_argument("-n", type=int, default=3, help="nights that are measured")
    parser.add_argument("--config", action="append", help=f"by default {CONFIGS}")
    parser.add_argument("--topology", action="append", help=f"by default {TOPOLOGIES}")
    parser.add_argument("--option", action="append", default=[], help="passed on to nightly run")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    configs, topologies = asked.config or list(CONFIGS), asked.topology or list(TOPOLOGIES)
    matrix = write_matrix(asked.work.resolve(), configs, topologies)
    print(f"{2 * len(configs) * len(topologies)} cells; once to make ready", flush=True)
    night(matrix, asked.option)
    nights = [measured(matrix, asked.option) for _ in range(asked.n)]
    heads = ("night", "wall s", "ideal s", "overhead", "told", "retries", "cells", "load before")
    table = Table(*heads, box=None)
    for number, one in enumerate(nights, start=1):
        cells = ", ".join(f"{count} {word}" for word, count in one.counts.items())
        table.add_row(
            str(number), f"{one.wall_s:.1f}", f"{one.ideal_s:.1f}", f"{one.overhead:.1%}",
            f"{one.told_overhead:.1%}", str(one.retries), cells, f"{one.load:.2f}",
        )  # fmt: skip
    Console(width=120).print(table)
    wall_s = statistics.median(one.wall_s for one in nights)
    overhead = statistics.median(one.overhead for one in nights)
    print(f"median {wall_s:.1f} s (goal {GOAL_S:.0f}), overhead {overhead:.1%} (goal 5 %)")
    green = all(set(one.counts) == {"pass"} for one in nights)
    return 0 if wall_s <= GOAL_S and overhead <= GOAL_OVERHEAD and green else 1


if __name__ == "__main__":
    sys.exit(main())
