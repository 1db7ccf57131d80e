# SPDX-License-Identifier: GPL-2.0-only
"""Runs the default tree's own scripts/checkpatch.pl --strict over our kernel code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from orchestrator.config.source_spec import DefaultSource
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.progress import silent

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "kmod",
    "tests/kmod-red",
    "tests/kmod-fresh",
    "tests/kmod-own/good",
    "tests/kmod-own/stays",
    "orchestrator/data/kconfig",
    "orchestrator/data/autopsy",
)


def main() -> int:
    tree = fetch(DefaultSource(), Store(cache_root()), silent)
    files = [f for name in FOLDERS for f in sorted((ROOT / name).glob("*.[ch]"))]
    if not files:
        print("no kernel code found", file=sys.stderr)
        return 1
    checkpatch = [
        "perl",
        str(tree.path / "scripts/checkpatch.pl"),
        "--no-tree",
        "--strict",
        "--terse",
        "--quiet",
        "-f",
    ]
    done = subprocess.run([*checkpatch, *map(str, files)], cwd=tree.path, check=False)
    print(f"checkpatch --strict: {len(files)} files, exit status {done.returncode}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
