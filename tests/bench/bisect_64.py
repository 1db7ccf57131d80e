# SPDX-License-Identifier: GPL-2.0-only
"""How long a bisect over 64 commits that touch one file takes; planted: the 41st.

    python tests/bench/bisect_64.py TREE [CULPRIT]

TREE: a kernel tree in the store, built before. Prints the seconds, the host's load before and
after, and the bisect's own report.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "boot"))

from kernel_git import FILE, kernel_repository

COMMITS, CULPRIT = 64, 41
NODE = "create->node = node;"


def history(text: str, culprit: int) -> list[tuple[str, str]]:
    """Each adds a function, and the culprit takes threads their node."""
    found = []
    for number in range(1, COMMITS + 1):
        name = f"orch_step_{number}"
        text += f"\nint {name}(void);\nint {name}(void)\n{{\n\treturn {number};\n}}\n"
        if number == culprit:
            text = text.replace(NODE, "create->node = NUMA_NO_NODE;", 1)
        found.append((f"kthread: step {number}", text))
    return found


def main() -> int:
    tree = Path(sys.argv[1])
    culprit = int(sys.argv[2]) if len(sys.argv) > 2 else CULPRIT
    with tempfile.TemporaryDirectory(prefix="bisect-bench-") as top:
        repository = Path(top) / "git"
        history_of = history((tree / FILE).read_text(), culprit)
        commits = kernel_repository(repository, tree, history_of)
        before, began_s = os.getloadavg(), time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator", "bisect", "--config", "numa", "--tree",
             str(repository), "--good", commits[0], "--bad", "main", "--suite", "placement",
             "--run-dir", f"{top}/runs"],
            stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        took_s = time.monotonic() - began_s
        print(done.stdout)
        right = f"first bad: {commits[culprit]}" in done.stdout
        print(f"{took_s:.0f} s, exit {done.returncode}, the planted commit: {right}; "
              f"load {before[0]:.1f} before, {os.getloadavg()[0]:.1f} after; "
              f"{os.cpu_count()} CPUs")  # fmt: skip
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
