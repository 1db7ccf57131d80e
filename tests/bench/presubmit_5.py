# SPDX-License-Identifier: GPL-2.0-only
"""How long a presubmit of five commits takes on a warm tree, and when its first answers come.

    python tests/bench/presubmit_5.py TREE [OPTION...]

TREE: a kernel tree in the store. One commit is checked first, so that base is built in all
configurations; then five others, which no cache has. OPTIONs go to presubmit, such as --quick.
Prints when each answer came, the seconds of each sort of work, and the host's load.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "boot"))

from kernel_git import FILE, kernel_repository

COMMITS = 5
TRAILER = "\n\nA function that nobody calls.\n\nSigned-off-by: A Tester <t@invalid>\n"


def history(text: str, first: int) -> list[tuple[str, str]]:
    """One commit to warm up, and those that are measured; each adds a function."""
    found = []
    for number in range(COMMITS + 1):
        name = f"orch_step_{first + number}"
        text += f"\nint {name}(void);\nint {name}(void)\n{{\n\treturn {number};\n}}\n"
        found.append((f"kthread: add {name}{TRAILER}", text))
    return found


def presubmit(repository: Path, commits: str, runs: Path, *options: str) -> dict[str, Any]:
    """presubmit.json, with "said": (seconds since the start, line) of each answer."""
    told = runs.with_suffix(".json")
    began_s = time.monotonic()
    said: list[tuple[float, str]] = []
    with subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "presubmit", "--tree", str(repository), commits,
         "--run-dir", str(runs), "--json", str(told), *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        for line in process.stdout:
            if line.startswith("note: "):
                said.append((time.monotonic() - began_s, line.removeprefix("note: ").rstrip()))
    document: dict[str, Any] = json.loads(told.read_text())
    return {**document, "said": said, "wall_s": time.monotonic() - began_s}


def main() -> int:
    tree, options = Path(sys.argv[1]), sys.argv[2:]
    first = int(time.time())
    with tempfile.TemporaryDirectory(prefix="presubmit-bench-") as top:
        repository = Path(top) / "git"
        commits = kernel_repository(repository, tree, history((tree / FILE).read_text(), first))
        warm = presubmit(repository, f"{commits[0]}..{commits[1]}", Path(top) / "warm", *options)
        print(f"warming up, one commit: {warm['wall_s']:.0f} s, {warm['verdict']}")
        before = os.getloadavg()
        result = presubmit(repository, f"{commits[1]}..main", Path(top) / "runs", *options)
        after = os.getloadavg()
    for at_s, line in result["said"]:
        print(f"  {at_s:6.1f} s  {line}")
    took: Counter[str] = Counter()
    for stage in result["stages"]:
        took[stage["stage"]] += stage["took_s"]
    for step in result["steps"]:
        took["boot"] += step["marks"]["boot"]["took_s"]
    print("seconds: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in took.items()))
    print(f"{COMMITS} commits: {result['wall_s']:.0f} s, verdict {result['verdict']}, whole: "
          f"{result['whole']}; load {before[0]:.1f} before, {after[0]:.1f} after; "
          f"{os.cpu_count()} CPUs")  # fmt: skip
    return 0 if result["verdict"] == "pass" else 1


if __name__ == "__main__":
    sys.exit(main())
