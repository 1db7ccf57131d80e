# SPDX-License-Identifier: GPL-2.0-only
"""How long `orchestrate compare` takes, and how often it is right: one patch, many times.

    python tests/bench/compare_bench.py -n 20 --expect differs PATCH
    python tests/bench/compare_bench.py -n 20 --expect same tests/mutants/clean/a.patch ...

The first comparison of a patch builds it, the others boot alone; both are told apart. Exit code 1
if any word was not the expected one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table


def compare(patch: Path, more: list[str]) -> dict[str, object]:
    """compare.json of one comparison, run as a user would."""
    with tempfile.TemporaryDirectory(prefix="orchestrate-bench-") as folder:
        file = Path(folder) / "compare.json"
        argv = [sys.executable, "-m", "orchestrator", "compare", "--patch", str(patch)]
        done = subprocess.run(
            [*argv, "--json", str(file), "--run-dir", f"{folder}/run", *more],
            capture_output=True,
            text=True,
            check=False,
        )
        if not file.is_file():
            sys.exit(f"{patch}: no result, exit {done.returncode}\n{done.stderr[-2000:]}")
        return dict(json.loads(file.read_text()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("patches", nargs="+", type=Path)
    parser.add_argument("-n", type=int, default=5, help="comparisons of each patch")
    parser.add_argument("--expect", choices=["same", "differs"], required=True)
    parser.add_argument("--option", action="append", default=[], help="passed on to compare")
    asked = parser.parse_args()
    table = Table("patch", "first s", "then, median s", "slowest s", f"{asked.expect}", box=None)
    wrong = 0
    for patch in asked.patches:
        took: list[float] = []
        right = 0
        for number in range(1, asked.n + 1):
            found = compare(patch, asked.option)
            took.append(float(str(found["took_s"])))
            right += found["verdict"] == asked.expect
            said = [each["title"] for each in found["differences"]]  # type: ignore[attr-defined]
            line = f"{patch.name} {number}: {found['verdict']} {took[-1]:.0f} s {said[:2]}"
            print(line, flush=True)
        wrong += asked.n - right
        later = took[1:] or took
        cells = (f"{took[0]:.0f}", f"{statistics.median(later):.0f}", f"{max(later):.0f}")
        table.add_row(patch.name, *cells, f"{right} of {asked.n}")
    Console().print(table)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
